// Requests as official clients write them: PHP (not installed here), whose empty channel data is a
// list and whose token says "true", and Java, whose settings carry a 0.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('requests of other official clients', ({ test, newApp }) => {
  const asPhp = async () => {
    const app = await newApp();
    const token = app.serverToken({ server: 'true' });
    const call = async (method, path, body) => {
      const answer = await app.request(method, path, body, { token, headers: { 'x-stream-client': 'stream-php-client-3.12.0' } });
      assert.ok(answer.status === 200 || answer.status === 201, `${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    };
    const query = (path, payload) => call('GET', `${path}?payload=${encodeURIComponent(JSON.stringify(payload))}`);
    await call('POST', '/users', { users: { mara: { id: 'mara' }, olaf: { id: 'olaf' } } });
    return { call, query };
  };
  const room = '/channels/messaging/dock';

  test('PHP: channels, members and queries; without data of its own', async () => {
    const { call, query } = await asPhp();
    const data = { created_by: { id: 'mara' }, berth: 'B3' };
    await call('POST', `${room}/query`, { watch: false, state: false, presence: false, data });
    await call('POST', room, { add_members: ['mara', 'olaf'] });
    const state = await call('POST', `${room}/query`, { state: true, data: [] });
    assert.deepEqual([state.members.length, state.channel.berth], [2, 'B3']);
    const list = { filter_conditions: {}, sort: [] };
    assert.equal((await query('/members', { ...list, type: 'messaging', id: 'dock' })).members.length, 2);
    assert.equal((await query('/users', list)).users.length, 2);
    assert.equal((await call('POST', '/channels', { ...list, state: true, watch: false, presence: false })).channels.length, 1);
    // An empty map of data replaces what was there, list or not.
    assert.equal((await call('POST', room, { data: [], message: null })).channel.berth, undefined);
  });

  test('PHP: messages, reactions, moderation', async () => {
    const { call } = await asPhp();
    await call('POST', `${room}/query`, { state: false, data: { created_by: { id: 'mara' }, members: ['mara', 'olaf'] } });
    const { message } = await call('POST', `${room}/message`, { message: { text: 'hi', user: { id: 'mara' } } });
    await call('POST', `/messages/${message.id}/reaction`, { reaction: { type: 'like', user: { id: 'olaf' } } });
    const updated = await call('POST', `/messages/${message.id}`, { message: { ...message, text: 'ho' } });
    assert.deepEqual([updated.message.text, updated.message.reaction_counts], ['ho', { like: 1 }]);
    await call('PUT', `/messages/${message.id}`, { set: { text: 'he' }, user: { id: 'mara' } });
    await call('DELETE', `/messages/${message.id}/reaction/like?user_id=olaf`);
    await call('POST', '/moderation/ban', { target_user_id: 'olaf', user_id: 'mara' });
    await call('DELETE', '/moderation/ban?target_user_id=olaf');
    await call('POST', '/moderation/flag', { target_message_id: message.id, user_id: 'olaf' });
    assert.equal((await call('DELETE', `/messages/${message.id}`)).message.type, 'deleted');
  });

  test('Java: settings that were not set are left alone', async () => {
    const app = await newApp();
    await app.call('PATCH', '/app', { chat_primary_use_case: 'gaming' });
    await app.call('PATCH', '/app', { reminders_interval: 0, disable_auth_checks: false });
    const { app: settings } = await app.call('GET', '/app');
    assert.deepEqual([settings.reminders_interval, settings.chat_primary_use_case], [3600, 'gaming']);
  });

  test('the message count can be switched off, for a channel or its type', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.channel('quay', ['mara']);
    const count = async (id, type = 'messaging') => (await app.call('POST', `/channels/${type}/${id}/query`, {})).channel.message_count;
    assert.deepEqual([await count('dock'), await count('quay')], [0, 0]);
    await app.request('PATCH', room, { set: { config_overrides: { count_messages: false } } });
    assert.deepEqual([await count('dock'), await count('quay')], [undefined, 0]);
    await app.call('PUT', '/channeltypes/messaging', { count_messages: false });
    assert.equal(await count('quay'), undefined);
    await app.request('PATCH', room, { set: { config_overrides: { count_messages: true } } });
    assert.equal(await count('dock'), 0);
  });
});
