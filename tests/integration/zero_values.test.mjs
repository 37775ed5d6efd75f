// Typed clients send whole objects: fields that only the server sets come along with their
// language's zero value, and stand for absent fields in every request.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kZeroTime = '0001-01-01T00:00:00Z';

/** What the Java and Go clients make of a message that has only a text. */
const kMessage = {
  cid: '', html: '', type: '', command: '', latest_reactions: [], own_reactions: [], reaction_counts: {}, reaction_scores: {},
  reaction_groups: null, reply_count: 0, deleted_reply_count: 0, thread_participants: [], created_at: kZeroTime, updated_at: kZeroTime,
  deleted_at: null, message_text_updated_at: kZeroTime, shadowed: false, pinned: false, pinned_at: null, pinned_by: null, pin_expires: kZeroTime,
  mentioned_users: [], attachments: [], parent_id: '', quoted_message_id: '', show_in_channel: false, silent: false, i18n: {}, user: {},
};
const kUser = {
  role: '', name: 'N', online: false, banned: false, shadow_banned: false, created_at: kZeroTime, updated_at: kZeroTime, last_active: kZeroTime,
  deleted_at: null, deactivated_at: kZeroTime, ban_expires: kZeroTime, devices: [], mutes: [], channel_mutes: null, unread_count: 0, teams: [],
  revoke_tokens_issued_before: kZeroTime, invisible: false, blocked_user_ids: [], privacy_settings: {}, language: '',
};
const kChannel = {
  id: '', type: '', cid: '', created_by: {}, team: '', config: {}, member_count: 0, created_at: kZeroTime, updated_at: kZeroTime,
  deleted_at: null, last_message_at: kZeroTime, truncated_at: kZeroTime, truncated_by: {}, own_capabilities: [], muted: false, hidden: false,
};
const kMember = {
  user: {}, role: '', created_at: kZeroTime, updated_at: kZeroTime, invited: false, invite_accepted_at: null, invite_rejected_at: kZeroTime,
  banned: false, shadow_banned: false, is_moderator: false,
};

suite('zero values', ({ test, newApp }) => {
  const ok = async (promise) => {
    const answer = await promise;
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    return answer.json;
  };
  const harbour = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    return app;
  };

  test('messages: sent, updated, in part, with a channel', async () => {
    const app = await harbour();
    const full = { ...kMessage, id: 'm', text: 'x', user_id: 'mara' };
    const { message } = await ok(app.request('POST', '/channels/messaging/dock/message', { message: full }));
    assert.equal(message.type, 'regular');
    assert.ok(message.created_at > '2020');
    assert.equal(message.pin_expires ?? null, null);
    await ok(app.request('POST', '/messages/m', { message: { ...full, text: 'y' } }));
    const { reaction_scores, created_at, cid, shadowed, reply_count, latest_reactions } = kMessage;
    const changed = await ok(app.request('PUT', '/messages/m', {
      user_id: 'mara', set: { text: 'z', reaction_scores, created_at, cid, shadowed, reply_count, latest_reactions, custom: { html: '', x: 1 } },
    }));
    assert.equal(changed.message.text, 'z');
    assert.ok(changed.message.created_at > '2020');
    const updated = await ok(app.request('POST', '/channels/messaging/dock', { message: { ...kMessage, text: 'moved', user_id: 'mara' } }));
    assert.equal(updated.message.text, 'moved');
  });

  test('users, whole and in part', async () => {
    const app = await harbour();
    await ok(app.request('POST', '/users', { users: { ines: { ...kUser, id: 'ines', role: 'user' } } }));
    const { online, created_at, devices, unread_count, banned } = kUser;
    const { users } = await ok(app.request('PATCH', '/users', { users: [{ id: 'ines', set: { online, created_at, devices, unread_count, banned, invisible: false, x: 0 } }] }));
    assert.ok(users.ines.created_at > '2020');
    assert.equal(users.ines.x, 0);
  });

  test('channels and members', async () => {
    const app = await harbour();
    const opened = await ok(app.request('POST', '/channels/messaging/cargo/query', {
      data: { ...kChannel, created_by_id: 'mara', members: [{ ...kMember, user_id: 'olaf' }], x: '' },
    }));
    assert.equal(opened.channel.cid, 'messaging:cargo');
    assert.equal(opened.channel.x, '');
    assert.equal(opened.members.length, 1);
    await ok(app.request('POST', '/channels/messaging/cargo', { data: { ...kChannel, y: 1 } }));
    const { cid, created_at, member_count } = kChannel;
    const patched = await ok(app.request('PATCH', '/channels/messaging/cargo', { set: { cid, created_at, member_count, frozen: false, z: 1 } }));
    assert.equal(patched.channel.cid, 'messaging:cargo');
    assert.equal(patched.channel.z, 1);
    const { role, invited, banned } = kMember;
    await ok(app.request('PATCH', '/channels/messaging/cargo/member/olaf', { set: { role, invited, banned, x: 1 } }));
  });

  test('a role that is empty is none', async () => {
    const app = await harbour();
    const role = (users) => Object.values(users)[0].role;
    assert.equal(role((await app.call('POST', '/users', { users: { ines: { ...kUser, id: 'ines' } } })).users), 'user');
    await app.call('POST', '/users', { users: { ines: { id: 'ines', role: 'admin' } } });
    assert.equal(role((await app.call('POST', '/users', { users: { ines: { ...kUser, id: 'ines' } } })).users), 'admin');
    assert.equal(role((await app.call('PATCH', '/users', { users: [{ id: 'ines', set: { role: '' } }] })).users), 'admin');
    const { message } = await app.call('POST', '/channels/messaging/dock/message', { message: { text: 'x', user: { ...kUser, id: 'nina' } } });
    assert.equal(message.user.role, 'user');
  });

  test("PHP's empty list stands for an empty object, the whole request included", async () => {
    const app = await harbour();
    const room = '/channels/messaging/dock';
    const payload = (value) => `payload=${encodeURIComponent(JSON.stringify(value))}`;
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    for (const [method, path, body] of [
      ['POST', '/channels', { filter_conditions: [], sort: [] }],
      ['POST', '/channels', { filter_conditions: { $and: [[], { type: 'messaging' }] } }],
      ['GET', `/users?${payload({ filter_conditions: [] })}`],
      ['GET', `/members?${payload({ type: 'messaging', id: 'dock', filter_conditions: [] })}`],
      ['POST', `${room}/query`, []],
      ['POST', `${room}/query`, { data: [], messages: [], members: [], watchers: [] }],
      ['POST', '/channels/messaging/fresh/query', { data: { created_by_id: 'mara', config_overrides: [], custom: [] } }],
      ['POST', room, { data: [], message: [], user: [] }],
      ['PATCH', room, { set: [], unset: [] }],
      ['PATCH', room, { set: { config_overrides: [], custom: [] } }],
      ['PATCH', `${room}/member/olaf`, { set: [] }],
      ['POST', '/users', { users: { ines: { id: 'ines', privacy_settings: [], teams_role: [], custom: [] } } }],
      ['PATCH', '/users', { users: [{ id: 'ines', set: { privacy_settings: [], teams_role: [] } }] }],
      ['PATCH', '/users', { users: [{ id: 'ines', set: [] }] }],
      ['POST', `${room}/message`, { message: { text: 'x', user_id: 'mara', user: [], custom: [], i18n: [] }, pending_message_metadata: [] }],
      ['PUT', '/messages/m', { set: [], user_id: 'mara', user: [] }],
      ['POST', '/messages/m/reaction', { reaction: { type: 'lol', user_id: 'olaf', user: [], custom: [] } }],
      ['POST', '/channels/read', { user_id: 'mara', user: [], read_by_channel: [] }],
      ['POST', '/moderation/flag', { target_message_id: 'm', user_id: 'olaf', custom: [] }],
      ['POST', '/channeltypes', { name: 'desk', grants: [], chat_preferences: [], automod_thresholds: [] }],
      ['PATCH', '/app', []],
      ['PATCH', '/app', { grants: [], push_config: [], file_upload_config: [], datadog_info: [], apn_config: [] }],
    ]) {
      await app.call(method, path, body);
    }
    const { channel } = await app.call('GET', '/channels/messaging/fresh');
    assert.equal('custom' in channel, false);
    assert.deepEqual(channel.config_overrides, {});
    const { users } = await app.call('GET', `/users?${payload({ filter_conditions: { id: 'ines' } })}`);
    assert.deepEqual([users[0].privacy_settings, users[0].teams_role, 'custom' in users[0]], [{}, {}, false]);
    // A list with something in it is no object.
    for (const [method, path, body] of [
      ['POST', '/channels', ['x']],
      ['POST', '/channels', { filter_conditions: ['x'] }],
      ['POST', `${room}/query`, { data: ['x'] }],
      ['PATCH', room, { set: ['x'] }],
      ['PATCH', '/app', { grants: ['x'] }],
    ]) {
      await app.refuses(400, 4, method, path, body);
    }
  });

  test('times of the year 1 bound nothing', async () => {
    const app = await harbour();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    await app.call('POST', '/channels/messaging/dock/read', { user_id: 'olaf', message_timestamp: kZeroTime });
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true, messages: { created_at_before: kZeroTime, created_at_around: kZeroTime } });
    assert.equal(state.messages.length, 1);
    assert.deepEqual(state.read.map(({ unread_messages }) => unread_messages), [0, 0]);
    await app.call('POST', '/channels/messaging/dock/truncate', { truncated_at: kZeroTime });
    assert.deepEqual((await app.call('POST', '/channels/messaging/dock/query', { state: true })).messages, []);
  });

  test('reactions and events', async () => {
    const app = await harbour();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const reaction = { type: 'like', user_id: 'olaf', message_id: '', user: {}, created_at: kZeroTime, updated_at: kZeroTime, score: 0 };
    const sent = await ok(app.request('POST', '/messages/m/reaction', { reaction }));
    assert.equal(sent.reaction.score, 1);
    await ok(app.request('POST', '/channels/messaging/dock/event', { event: { type: 'crane_moved', user_id: 'mara', user: {}, cid: '', created_at: kZeroTime, message: null } }));
  });

  test('a value is a value: it is refused by name', async () => {
    const app = await harbour();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    for (const [name, value] of Object.entries({ reaction_scores: { like: 1 }, reply_count: 1, cid: 'messaging:dock', shadowed: true, latest_reactions: [{}] })) {
      const answer = await app.request('POST', '/channels/messaging/dock/message', { message: { text: 'x', user_id: 'mara', [name]: value } });
      assert.equal(answer.status, 400, name);
      assert.match(answer.json.message, new RegExp(`message\\.${name} is a reserved field`));
      assert.equal((await app.request('PUT', '/messages/m', { user_id: 'mara', set: { [name]: value } })).status, 400, name);
      assert.equal((await app.request('PUT', '/messages/m', { user_id: 'mara', unset: [name] })).status, 400, name);
    }
  });
}, { concurrency: 4 });
