// What a user's own membership decides: what of the past is read, what is hidden, invites, reading.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const ids = (messages) => messages.map((message) => message.id);
const text = (parameters) => new URLSearchParams(parameters).toString();

suite('membership', ({ test, newApp, receiver, path }) => {
  /** A channel with a past, and ines who comes in without it. */
  const newcomer = async () => {
    const app = await newApp();
    await app.users('ines');
    await app.channel('dock', ['mara', 'olaf']);
    await app.send('dock', { id: 'old', text: 'secret', user_id: 'mara', pinned: true });
    await app.send('dock', { id: 'old-reply', text: 'secret too', user_id: 'mara', parent_id: 'old' });
    await app.call('POST', '/channels/messaging/dock', { add_members: ['ines'], hide_history: true });
    await app.send('dock', { id: 'new', text: 'welcome', user_id: 'mara', quoted_message_id: 'old' });
    return app;
  };

  test('a newcomer without the history finds it in no way', async () => {
    const app = await newcomer();
    const as = { as: 'ines' };
    for (const [viewer, more] of [[{}, as], [{ user_id: 'ines' }, {}]]) {
      const state = await app.call('POST', '/channels/messaging/dock/query', { state: true, ...viewer }, more);
      assert.deepEqual(ids(state.messages), ['new']);
      assert.equal('quoted_message' in state.messages[0], false);
      assert.deepEqual(state.pinned_messages, []);
      const got = await app.call('GET', `/channels/messaging/dock?${text({ state: true, ...viewer })}`, undefined, more);
      assert.deepEqual(ids(got.messages), ['new']);
      const { channels } = await app.call('POST', '/channels', { filter_conditions: { cid: 'messaging:dock' }, state: true, ...viewer }, more);
      assert.deepEqual(ids(channels[0].messages), ['new']);
      assert.equal(state.read.find(({ user }) => user.id === 'ines').unread_messages, 1);
    }
    await app.refuses(404, 16, 'GET', '/messages/old', undefined, as);
    await app.refuses(404, 16, 'GET', '/messages/old-reply', undefined, as);
    await app.refuses(404, 16, 'GET', '/messages/old/replies', undefined, as);
    await app.refuses(404, 16, 'GET', '/messages/old/reactions', undefined, as);
    const many = await app.call('GET', '/channels/messaging/dock/messages?ids=old,new,old-reply', undefined, as);
    assert.deepEqual(ids(many.messages), ['new']);
    const all = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual(ids(all.messages), ['old', 'new']);
  });

  test('a channel is got page by page', async () => {
    const app = await newApp();
    await app.channel('long', ['mara']);
    for (let i = 0; i < 6; ++i) await app.send('long', { id: `m${i}`, text: `${i}`, user_id: 'mara' });
    const page = async (parameters) => ids((await app.call('GET', `/channels/messaging/long?${text(parameters)}`)).messages);
    assert.deepEqual(await page({ messages_limit: 2, messages_id_lt: 'm4' }), ['m2', 'm3']);
    assert.deepEqual(await page({ messages_limit: 2, messages_id_lte: 'm4' }), ['m3', 'm4']);
    assert.deepEqual(await page({ messages_limit: 2, messages_id_gt: 'm1' }), ['m2', 'm3']);
    assert.deepEqual(await page({ messages_limit: 2, messages_id_gte: 'm1' }), ['m1', 'm2']);
    assert.deepEqual(await page({ messages_limit: 3, messages_id_around: 'm3' }), ['m2', 'm3', 'm4']);
    assert.deepEqual(await page({ messages: JSON.stringify({ limit: 1, id_lt: 'm4' }) }), ['m3']);
    for (const name of ['id_lt', 'id_lte', 'id_gt', 'id_gte', 'id_around']) {
      await app.refuses(400, 4, 'GET', `/channels/messaging/long?messages_${name}=nope`);
      await app.refuses(400, 4, 'POST', '/channels/messaging/long/query', { state: true, messages: { [name]: 'nope' } });
    }
    await app.refuses(400, 4, 'GET', '/channels/messaging/long?messages_limit=many');
  });

  test('hidden, asked for, shown again by a message', async () => {
    const app = await newApp();
    const hook = path();
    await app.channel('dock', ['mara', 'olaf']);
    await app.hook(receiver().url(hook), 'channel.hidden', 'channel.visible');
    const query = async (filter, user_id = 'mara') =>
      (await app.call('POST', '/channels', { filter_conditions: filter, state: true, user_id })).channels.map(({ channel }) => channel.id);
    const dock = { cid: 'messaging:dock' };
    await app.call('POST', '/channels/messaging/dock/hide', { user_id: 'mara', clear_history: false });
    assert.deepEqual(await query(dock), []);
    assert.deepEqual(await query({ ...dock, hidden: true }), ['dock']);
    assert.deepEqual(await query(dock, 'olaf'), ['dock']);
    assert.equal((await app.call('POST', '/channels/messaging/dock/query', { state: true }, { as: 'mara' })).hidden, true);
    await app.call('POST', '/channels/messaging/dock/show', { user_id: 'mara' });
    assert.deepEqual(await query(dock), ['dock']);
    await app.call('POST', '/channels/messaging/dock/hide', {}, { as: 'mara' });
    assert.deepEqual(await query(dock), []);
    await app.send('dock', { text: 'hi', user_id: 'olaf' });
    assert.deepEqual(await query(dock), ['dock']);
    const calls = await receiver().waitFor({ path: hook, count: 3 });
    const [hidden] = calls.filter(({ json }) => json.type === 'channel.hidden');
    const [visible] = calls.filter(({ json }) => json.type === 'channel.visible');
    assert.equal(hidden.json.clear_history, false);
    assert.equal(hidden.json.user.id, 'mara');
    assert.equal(visible.json.user.id, 'mara');
  });

  test('pinned, archived and the like are asked for by a user', async () => {
    const app = await newApp();
    for (const id of ['a', 'b', 'c']) await app.channel(id, ['mara', 'olaf']);
    await app.call('PATCH', '/channels/messaging/a/member/mara', { set: { pinned: true } });
    await app.call('PATCH', '/channels/messaging/b/member/mara', { set: { archived: true } });
    const query = async (body, more) => (await app.call('POST', '/channels', { state: true, ...body }, more)).channels.map(({ channel }) => channel.id);
    assert.deepEqual(await query({ filter_conditions: { pinned: true } }, { as: 'mara' }), ['a']);
    assert.deepEqual(await query({ filter_conditions: { archived: true }, user_id: 'mara' }), ['b']);
    assert.deepEqual(await query({ filter_conditions: { archived: false }, user_id: 'mara', sort: [{ field: 'pinned_at', direction: -1 }, { field: 'created_at', direction: 1 }] }), ['a', 'c']);
    assert.deepEqual(await query({ filter_conditions: { pinned: true } }, { as: 'olaf' }), []);
    await app.refuses(400, 4, 'POST', '/channels', { filter_conditions: { pinned: true } });
  });

  test('an invite is accepted by the user who was asked', async () => {
    const app = await newApp();
    const hook = path();
    await app.users('olaf', 'ines');
    await app.hook(receiver().url(hook), 'member.added', 'member.updated');
    const { members } = await app.channel('dock', ['mara'], { invites: ['olaf'] });
    assert.equal(members.find(({ user_id }) => user_id === 'olaf').invited, true);
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock', { accept_invite: true, user_id: 'ghost' });
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock', { accept_invite: true, user: { id: 'ghost' } });
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock', { accept_invite: true, user_id: 'ines' });
    const { users } = await app.call('GET', `/users?payload=${encodeURIComponent('{"filter_conditions":{"id":"ghost"}}')}`);
    assert.deepEqual(users, []);
    const accepted = await app.call('POST', '/channels/messaging/dock', { accept_invite: true, message: { text: 'hello' } }, { as: 'olaf' });
    assert.equal(accepted.message.text, 'hello');
    assert.ok(accepted.members.find(({ user_id }) => user_id === 'olaf').invite_accepted_at);
    const calls = await receiver().waitFor({ path: hook, count: 2 });
    assert.deepEqual(calls.map(({ json }) => json.type).sort(), ['member.added', 'member.updated']);
    assert.ok(calls.every(({ json }) => json.member.invite_accepted_at));
  });

  test('slow mode', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    await app.call('POST', '/channels/messaging/dock', { cooldown: 120, add_moderators: ['mara'] });
    const say = (as) => ['POST', '/channels/messaging/dock/message', { message: { text: 'x' } }, { as }];
    await app.call(...say('olaf'));
    const { message } = await app.refuses(403, 60, ...say('olaf'));
    assert.match(message, /under cool down period\(120s\)/);
    for (let i = 0; i < 2; ++i) await app.call(...say('mara'));
    for (let i = 0; i < 2; ++i) await app.send('dock', { text: 'x', user_id: 'olaf' });
    await app.call('POST', '/channels/messaging/dock', { cooldown: 0 });
    await app.call(...say('olaf'));
  });

  test('truncated', async () => {
    const app = await newApp();
    const hook = path();
    await app.channel('dock', ['mara', 'olaf']);
    await app.hook(receiver().url(hook), 'channel.truncated');
    await app.send('dock', { id: 'old', text: 'x', user_id: 'mara' });
    const { channel, message } = await app.call('POST', '/channels/messaging/dock/truncate', {
      hard_delete: true, skip_push: true, message: { text: 'cleared', user_id: 'mara' },
    });
    assert.ok(channel.truncated_at);
    assert.equal(channel.message_count, 1);
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true, user_id: 'olaf' });
    assert.deepEqual(ids(state.messages), [message.id]);
    await app.refuses(404, 16, 'GET', '/messages/old');
    const { json } = await receiver().waitForOne({ path: hook });
    assert.equal(json.message.text, 'cleared');
    assert.equal(json.channel.id, 'dock');
    await app.refuses(403, 17, 'POST', '/channels/messaging/dock/truncate', {}, { as: 'olaf' });
    await app.call('POST', '/channels/messaging/dock/truncate', {}, { as: 'mara' });
  });

  test('options without an effect are refused by name', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf'], { auto_translation_enabled: true, auto_translation_language: 'nl' });
    const { channel } = await app.call('POST', '/channels/messaging/dock/query', {});
    assert.equal(channel.auto_translation_enabled, true);
    assert.equal(channel.auto_translation_language, 'nl');
    await app.refuses(501, 4, 'POST', '/channels/messaging/dock/query', { thread_unread_counts: true });
    await app.refuses(501, 4, 'POST', '/channels', { filter_conditions: {}, predefined_filter: 'mine' });
    await app.refuses(400, 4, 'PATCH', '/channels/messaging/dock', { set: { ' a.b': 1 } });
    await app.refuses(400, 4, 'PATCH', '/channels/messaging/dock', { unset: ['a. b'] });
    await app.users('mara', 'olaf');
    await app.call('POST', '/channels/messaging/query', { data: { created_by_id: 'mara', members: ['mara', 'olaf'] } });
    const payload = { type: 'messaging', members: ['olaf', 'mara'], filter_conditions: {} };
    const { members } = await app.call('GET', `/members?payload=${encodeURIComponent(JSON.stringify(payload))}`);
    assert.deepEqual(members.map(({ user_id }) => user_id).sort(), ['mara', 'olaf']);
  });

  test('who is no member reads by a server token', async () => {
    const app = await newApp();
    await app.users('ines');
    await app.channel('dock', ['mara']);
    const { event } = await app.call('POST', '/channels/messaging/dock/read', { user_id: 'ines' });
    assert.equal(event.type, 'message.read');
    assert.equal(event.user.id, 'ines');
    await app.call('POST', '/channels/messaging/dock/event', { event: { type: 'message.read', user_id: 'ines' } });
    await app.refuses(501, 4, 'POST', '/channels/messaging/dock/read', { user_id: 'mara', thread_id: 't' });
  });
});
