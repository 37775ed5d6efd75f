// Who sees a message and what of it: some users only, deleted for oneself, shadow bans, pins that end;
// and which requests about messages are refused because they could not be carried out.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

const ids = (messages) => messages.map((message) => message.id);

suite('message rights', ({ test, newApp, receiver, path }) => {
  const room = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf', 'ines']);
    return app;
  };
  /** The ids that `as` is shown by every way of reading a list. */
  const lists = async (app, as) => {
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true }, { as });
    const many = await app.call('GET', '/channels/messaging/dock/messages?ids=m,other', undefined, { as });
    return [ids(state.messages), ids(many.messages)];
  };

  test('restricted_visibility: for these users and the author, nobody else', async () => {
    const app = await room();
    await app.send('dock', { id: 'm', text: 'secret', user_id: 'mara', pinned: true, restricted_visibility: ['olaf'] });
    await app.send('dock', { id: 'other', text: 'open', user_id: 'mara', quoted_message_id: 'm' });
    for (const as of ['mara', 'olaf']) {
      assert.deepEqual(await lists(app, as), [['m', 'other'], ['m', 'other']], as);
      assert.equal((await app.call('GET', '/messages/m', undefined, { as })).message.text, 'secret');
    }
    assert.deepEqual(await lists(app, 'ines'), [['other'], ['other']]);
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true }, { as: 'ines' });
    assert.deepEqual(state.pinned_messages, []);
    assert.equal(JSON.stringify(state).includes('secret'), false);
    const { channels } = await app.call('POST', '/channels', { filter_conditions: { cid: 'messaging:dock' }, state: true }, { as: 'ines' });
    assert.equal(JSON.stringify(channels).includes('secret'), false);
    for (const way of ['', '/replies', '/reactions']) {
      await app.refuses(404, 16, 'GET', `/messages/m${way}`, undefined, { as: 'ines' });
    }
    await app.refuses(404, 16, 'POST', '/messages/m/reaction', { reaction: { type: 'lol' } }, { as: 'ines' });
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock/message', { message: { text: 'x', quoted_message_id: 'm' } }, { as: 'ines' });
  });

  test('delete_for_me: gone for one, there for all others', async () => {
    const app = await room();
    const hook = path();
    await app.hook(receiver().url(hook), 'message.deleted');
    await app.send('dock', { id: 'm', text: 'words', berth: 'B2', user_id: 'mara' });
    const { message } = await app.call('DELETE', '/messages/m?delete_for_me=true', undefined, { as: 'olaf' });
    assert.equal(message.type, 'deleted');
    assert.equal(message.deleted_for_me, true);
    const seen = (await app.call('GET', '/messages/m', undefined, { as: 'olaf' })).message;
    assert.deepEqual([seen.type, seen.text, seen.deleted_for_me, 'berth' in seen], ['deleted', '', true, false]);
    for (const as of ['mara', 'ines']) {
      const kept = (await app.call('GET', '/messages/m', undefined, { as })).message;
      assert.deepEqual([kept.type, kept.text, 'deleted_for_me' in kept], ['regular', 'words', false]);
    }
    const [call] = await receiver().waitFor({ path: hook, count: 1 });
    const event = call.json;
    assert.deepEqual([event.deleted_for_me, event.hard_delete, event.user.id], [true, false, 'olaf']);
    // A second time changes nothing and tells nobody.
    await app.call('DELETE', '/messages/m?delete_for_me=true', undefined, { as: 'olaf' });
    // A server names the user; the Python client does so in the body.
    await app.call('DELETE', '/messages/m', { delete_for_me: true, user: { id: 'ines' } });
    assert.equal((await app.call('GET', '/messages/m', undefined, { as: 'ines' })).message.deleted_for_me, true);
    await app.refuses(400, 4, 'DELETE', '/messages/m?delete_for_me=true');
    await app.refuses(400, 4, 'DELETE', '/messages/m?delete_for_me=true&hard=true&deleted_by=mara');
    assert.equal((await app.call('GET', '/messages/m')).message.text, 'words');
    await app.drained();
    assert.equal((await app.deliveries()).length, 2);
  });

  test('a shadow-banned author notices nothing, all others are told', async () => {
    const app = await room();
    const hook = path();
    await app.call('POST', '/moderation/ban', { target_user_id: 'mara', banned_by_id: 'olaf', shadow: true });
    await app.hook(receiver().url(hook), 'message.new');
    const own = await app.call('POST', '/channels/messaging/dock/message', { message: { id: 'm', text: 'psst' } }, { as: 'mara' });
    assert.equal(own.message.shadowed, false);
    await app.send('dock', { id: 'other', text: 'by a server', user_id: 'mara' });
    for (const call of await receiver().waitFor({ path: hook, count: 2 })) {
      const event = call.json;
      assert.equal(event.message.shadowed, true);
      assert.equal(event.members.find(({ user_id }) => user_id === 'olaf').user.channel_unread_count, 0);
    }
    assert.equal((await app.call('GET', '/messages/m', undefined, { as: 'mara' })).message.shadowed, false);
    assert.equal((await app.call('GET', '/messages/m', undefined, { as: 'olaf' })).message.shadowed, true);
  });

  test('a pin ends when its time is up', async () => {
    const app = await room();
    const pin_expires = new Date(Date.now() + 1500).toISOString();
    await app.send('dock', { id: 'm', text: 'for a while', user_id: 'mara', pinned: true, pin_expires });
    const pinned = async () => ids((await app.call('POST', '/channels/messaging/dock/query', { state: true })).pinned_messages);
    await eventually(async () => (await pinned()).length === 0, { what: 'the pin to end' });
    const { message } = await app.call('GET', '/messages/m');
    assert.deepEqual([message.pinned, message.pin_expires, message.pinned_by], [false, null, null]);
  });

  test('the official client pins and unpins', async () => {
    const app = await room();
    const client = app.client();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const { message } = await client.pinMessage('m', 60, 'olaf');
    assert.equal(message.pinned, true);
    assert.equal(message.pinned_by.id, 'olaf');
    assert.equal((await client.unpinMessage('m', 'olaf')).message.pinned, false);
  });

  test('an unknown author comes to be, whoever else is unknown is refused', async () => {
    const app = await room();
    const hook = path();
    await app.hook(receiver().url(hook), 'user.updated');
    assert.equal((await app.send('dock', { id: 'm', text: 'x', user_id: 'new-1' })).user.id, 'new-1');
    await app.call('POST', '/messages/m/reaction', { reaction: { type: 'lol', user_id: 'new-2' } });
    const calls = await receiver().waitFor({ path: hook, count: 2 });
    assert.deepEqual(calls.map((call) => call.json.user.id).sort(), ['new-1', 'new-2']);
    await app.refuses(400, 4, 'POST', '/messages/m', { message: { text: 'y', user_id: 'nobody' } });
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock', { add_members: ['nobody'] });
  });

  test('who may not read a message is not told that it exists', async () => {
    const app = await room();
    await app.users('stranger');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const as = { as: 'stranger' };
    for (const [method, way, body] of [
      ['GET', ''],
      ['GET', '/replies'],
      ['GET', '/reactions'],
      ['POST', '', { message: { text: 'y' } }],
      ['PUT', '', { set: { text: 'y' } }],
      ['DELETE', ''],
      ['POST', '/reaction', { reaction: { type: 'lol' } }],
      ['DELETE', '/reaction/lol'],
      ['POST', '/action', { form_data: { a: 'b' } }],
    ]) {
      const real = await app.refuses(404, 16, method, `/messages/m${way}`, body, as);
      const none = await app.refuses(404, 16, method, `/messages/q${way}`, body, as);
      assert.equal(real.message.replaceAll(' m ', ' * '), none.message.replaceAll(' q ', ' * '), `${method} ${way}`);
    }
  });

  test('what cannot be carried out is refused by name', async () => {
    const app = await room();
    const send = (message, more = {}) => ['POST', '/channels/messaging/dock/message', { message: { text: 'x', user_id: 'mara', ...message }, ...more }];
    for (const [name, request] of [
      ['pending', send({}, { pending: true })],
      ['is_pending_message', send({}, { is_pending_message: true })],
      ['pending_message_metadata', send({}, { pending_message_metadata: { a: 'b' } })],
      ['force_moderation', send({}, { force_moderation: true })],
      ['include_channel_context', send({}, { include_channel_context: true })],
      ['include_mentioned_members', send({}, { include_mentioned_members: true })],
      ['shared_location', send({ shared_location: { latitude: 1, longitude: 2 } })],
      ['poll_id', send({ poll_id: 'p' })],
      ['mentioned_here', send({ mentioned_here: true })],
    ]) {
      const { message } = await app.refuses(501, 4, ...request);
      assert.match(message, new RegExp(name));
    }
    // Not asked for, so nothing is promised.
    await app.call(...send({ shared_location: null, poll_id: '', mentioned_here: false }, { pending: false, pending_message_metadata: {}, skip_push: true }));
  });

  test('replies: from the newest or the oldest end, next to a bound, always oldest first', async () => {
    const app = await room();
    await app.send('dock', { id: 'p', text: 'parent', user_id: 'mara' });
    for (const id of ['a', 'b', 'c', 'd']) await app.send('dock', { id, text: id, user_id: 'olaf', parent_id: 'p' });
    const replies = async (query, prefix = '') => {
      const answer = await app.call('GET', `${prefix}/messages/p/replies?limit=2&${query}`);
      return ids(answer.messages).join('');
    };
    const sort = (direction) => `sort=${encodeURIComponent(JSON.stringify([{ field: 'created_at', direction }]))}`;
    for (const prefix of ['', '/api/v2/chat']) {
      assert.equal(await replies('', prefix), 'cd');
      assert.equal(await replies(sort(-1), prefix), 'cd');
      assert.equal(await replies(sort(1), prefix), 'ab');
      // As the JavaScript client's threads page in both directions.
      assert.equal(await replies(`${sort(-1)}&id_gt=a`, prefix), 'bc');
      assert.equal(await replies(`${sort(1)}&id_lt=d`, prefix), 'bc');
    }
    await app.refuses(400, 4, 'GET', `/messages/p/replies?sort=${encodeURIComponent('[{"field":"text","direction":1}]')}`);
    // A server looks on behalf of a user.
    await app.call('POST', '/messages/d/reaction', { reaction: { type: 'lol', user_id: 'ines' } });
    const own = async (query) => (await app.call('GET', `/messages/p/replies?${query}`)).messages.at(-1).own_reactions.length;
    assert.deepEqual([await own(''), await own('user_id=ines'), await own('user_id=mara')], [0, 1, 0]);
  });

  test('lifting a shadow ban leaves another ban alone', async () => {
    const app = await room();
    const banned = async () => (await app.call('GET', `/users?payload=${encodeURIComponent(JSON.stringify({ filter_conditions: { id: 'olaf' } }))}`)).users[0].banned;
    await app.call('POST', '/moderation/ban', { target_user_id: 'olaf', banned_by_id: 'mara' });
    await app.call('DELETE', '/moderation/ban?target_user_id=olaf&shadow=true');
    assert.equal(await banned(), true);
    await app.call('DELETE', '/moderation/ban?target_user_id=olaf');
    assert.equal(await banned(), false);
  });

  test('a thread goes with its parent', async () => {
    const app = await room();
    await app.send('dock', { id: 'm', text: 'parent', user_id: 'mara' });
    await app.send('dock', { id: 'r', text: 'reply', user_id: 'olaf', parent_id: 'm', show_in_channel: true });
    await app.call('DELETE', '/messages/m?hard=true');
    await app.refuses(404, 16, 'GET', '/messages/r');
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual([state.messages, state.channel.message_count], [[], 0]);
  });

  test('html of a server is kept, of a user rendered anew', async () => {
    const app = await room();
    assert.equal((await app.send('dock', { id: 'm', text: 'x', html: '<b>x</b>', user_id: 'mara' })).html, '<b>x</b>');
    const own = await app.call('POST', '/channels/messaging/dock/message', { message: { text: 'x', html: '<b>x</b>' } }, { as: 'mara' });
    assert.equal(own.message.html, '<p>x</p>\n');
    // A client that sends back what it got does not mean the html of the old text.
    const echo = await app.send('dock', { id: 'e', text: 'old', user_id: 'mara' });
    const changed = await app.call('POST', '/messages/e', { message: { text: 'new', html: echo.html, user_id: 'mara' } });
    assert.equal(changed.message.html, '<p>new</p>\n');
    assert.deepEqual(echo.member, { channel_role: 'channel_member' });
  });

  test('getting many messages names each once', async () => {
    const app = await room();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const { messages } = await app.call('GET', '/channels/messaging/dock/messages?ids=m,m&ids=m');
    assert.deepEqual(ids(messages), ['m']);
  });

  test('a user token keeps its own role and teams', async () => {
    const app = await newApp();
    await app.call('POST', '/users', { users: { mara: { id: 'mara', teams: ['blue'], teams_role: { blue: 'admin' } } } });
    const as = { as: 'mara' };
    for (const [change, value] of [['teams', ['red']], ['teams_role', { red: 'admin' }], ['role', 'admin']]) {
      await app.refuses(403, 17, 'PATCH', '/users', { users: [{ id: 'mara', set: { [change]: value } }] }, as);
      await app.refuses(403, 17, 'POST', '/users', { users: { mara: { id: 'mara', [change]: value } } }, as);
    }
    for (const unset of ['teams', 'teams_role']) {
      await app.refuses(403, 17, 'PATCH', '/users', { users: [{ id: 'mara', unset: [unset] }] }, as);
    }
    await app.call('POST', '/users', { users: { mara: { id: 'mara', name: 'M', teams: ['blue'], teams_role: { blue: 'admin' } } } }, as);
  });

  test('privacy settings that a change does not name stay; user.updated tells no secrets', async () => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const set = (privacy_settings) => app.call('PATCH', '/users', { users: [{ id: 'mara', set: { privacy_settings } }] });
    await set({ typing_indicators: { enabled: false } });
    const { users } = await set({ read_receipts: { enabled: false } });
    const both = { typing_indicators: { enabled: false }, read_receipts: { enabled: false } };
    assert.deepEqual(users.mara.privacy_settings, both);
    const calls = await receiver().waitFor({ path: hook, count: 3 });
    const user = calls.map((call) => call.json.user).find(({ privacy_settings }) => privacy_settings?.read_receipts);
    assert.deepEqual(user.privacy_settings, both);
    for (const name of ['shadow_banned', 'devices', 'mutes', 'channel_mutes', 'unread_count', 'total_unread_count', 'unread_channels', 'unread_threads']) {
      assert.equal(name in user, false, name);
    }
  });
});
