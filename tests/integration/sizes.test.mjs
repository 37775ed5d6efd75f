// How large things may be, from outside: refused at the door with the size and the limit, and never
// so large that a receiver with a usual limit refuses them.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

/** What express.json() takes by default. */
const kHandlerBytesMax = 100 * 1024;
const text = (bytes) => 'x'.repeat(bytes);

suite('sizes', ({ test, newApp, receiver, path }) => {
  const harbour = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    return app;
  };
  const send = '/channels/messaging/dock/message';

  test('large custom data, attachments and profiles are refused by name, size and limit', async () => {
    const app = await harbour();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const x = text(200_000);
    for (const [method, where, body, limit] of [
      ['POST', send, { message: { user_id: 'mara', x } }, 5120],
      ['POST', send, { message: { user_id: 'mara', attachments: [{ x }] } }, 65536],
      ['PUT', '/messages/m', { user_id: 'mara', set: { x } }, 5120],
      ['POST', '/users', { users: { mara: { id: 'mara', x } } }, 5120],
      ['POST', '/users', { users: { mara: { id: 'mara', custom: { x } } } }, 5120],
      ['PATCH', '/users', { users: [{ id: 'mara', set: { x } }] }, 5120],
      ['PATCH', '/users', { users: [{ id: 'mara', set: { name: x } }] }, 8192],
      ['POST', '/channels/messaging/dock', { data: { x } }, 5120],
      ['POST', '/channels/messaging/new/query', { data: { created_by_id: 'mara', x } }, 5120],
      ['PATCH', '/channels/messaging/dock/member/mara', { set: { x } }, 5120],
      ['POST', '/messages/m/reaction', { reaction: { type: 'like', user_id: 'mara', x } }, 5120],
      ['POST', '/channels/messaging/dock/event', { event: { type: 'go', user_id: 'mara', x: text(300_000) } }, 262144],
    ]) {
      const { message } = await app.refuses(400, 4, method, where, body);
      assert.match(message, new RegExp(`too large: \\d{6} bytes, the limit is ${limit} bytes`));
    }
  });

  test('a before-send hook whose server takes 100 KB is asked about every message that is stored', async () => {
    const app = await harbour();
    const hook = path();
    receiver().script(hook, (call) => (call.plain.length > kHandlerBytesMax
      ? { status: 413 }
      : { body: JSON.stringify({ message: { text: call.json.message.text.replaceAll('4111', '****') } }) }));
    await app.call('PATCH', '/app', { before_message_send_hook_url: receiver().url(hook), before_message_send_hook_attempt_timeout_ms: 5000 });
    const ids = Array.from({ length: 100 }, (_, i) => `u${i}`);
    await app.call('POST', '/users', { users: Object.fromEntries(ids.map((id) => [id, { id, name: text(400), x: text(5000) }])) });
    await app.call('POST', '/users', { users: { mara: { id: 'mara', name: text(8000), x: text(5000) } } });
    await app.call('POST', '/channels/messaging/dock', { data: { x: text(5000) } });
    for (const more of [{}, { x: text(5000) }, { attachments: [{ x: text(55_000) }] }, { mentioned_users: ids }, { mml: text(50_000), mentioned_users: ids },
      { attachments: [{ x: text(50_000) }], x: text(5000), mentioned_users: ids }]) {
      const { message } = await app.call('POST', send, { message: { text: 'card 4111', user_id: 'mara', ...more } },
        { headers: { 'x-stream-ext': text(7000), 'user-agent': text(7000) } });
      assert.equal(message.text, 'card ****');
    }
    assert.equal(receiver().callsTo(hook).length, 6);
  });

  test('events are cut where they carry along too much', async () => {
    const app = await newApp();
    const ids = Array.from({ length: 50 }, (_, i) => `u${i}`);
    await app.channel('dock', ids);
    await app.call('POST', '/users', { users: Object.fromEntries(ids.map((id) => [id, { id, x: text(5000) }])) });
    for (const id of ids.slice(0, 10)) await app.call('PATCH', `/channels/messaging/dock/member/${id}`, { set: { y: text(5000) } });
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');
    await app.send('dock', { text: 'x', user_id: 'u0', z: 1 });
    const { plain, json } = await receiver().waitForOne({ path: hook });
    assert.ok(plain.length <= 262144);
    assert.equal(json.members_truncated, true);
    assert.equal(json.members.length, 50);
    assert.ok(!('x' in json.members[7].user) && !('y' in json.members[7]));
    assert.equal(json.user.x.length, 5000);
    assert.equal(json.message.z, 1);
  });

  test('a list of very many values is refused', async () => {
    const app = await harbour();
    const list = `[${'1,'.repeat(900_000)}1]`;
    await app.refuses(400, 4, 'POST', send, `{"message":{"user_id":"mara","x":${list}}}`);
    await app.refuses(400, 4, 'POST', send, list);
  });
}, { concurrency: 2 });

suite('sizes that the operator sets', ({ test, newApp }) => {
  test('are those that count', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.refuses(400, 4, 'POST', '/channels/messaging/dock/message', { message: { user_id: 'mara', x: text(500) } });
    await app.call('POST', '/channels/messaging/dock/message', { message: { user_id: 'mara', x: text(300) } });
    const { message } = await app.refuses(400, 4, 'POST', '/channels/messaging/dock/message', { message: { user_id: 'mara', text: text(1300) } });
    assert.match(message, /the limit is 1200 bytes/);
  });
}, { server: { config: '[limits]\ncustom_bytes = 400\nmessage_bytes = 1200\n' } });
