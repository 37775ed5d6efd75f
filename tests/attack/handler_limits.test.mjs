// A moderation server as most people write it: express.json() with its defaults, which answers 413 above
// 100 KiB. Whatever a user may send, that server can read; what it could not read is refused at the door.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import express from 'express';
import { suite } from '../harness/suite.mjs';

/** What Python's json takes in a number, and nobody needs more. */
const kDigitsMax = 4300;

suite('handlers with the usual limits', ({ test, newApp, receiver, path }) => {
  let server;
  const refusals = [];
  before(async () => {
    const handler = express();
    handler.use(express.json());
    handler.post('/moderate', (request, response) => {
      const { message } = request.body;
      response.json({ message: { text: (message.text ?? '').replaceAll('badword', '****'), checked: true } });
    });
    handler.post('/command', (request, response) => response.json({ message: { ...request.body.message, type: 'regular', checked: true } }));
    handler.use((error, request, response, next) => {
      refusals.push(`${request.path}: ${error.type}`);
      next(error);
    });
    handler.set('env', 'test'); // It prints nothing.
    await new Promise((resolve) => (server = handler.listen(0, '127.0.0.1', resolve)));
  });
  after(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));

  const harbour = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    const origin = `http://127.0.0.1:${server.address().port}`;
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    await app.call('PUT', '/channeltypes/messaging', { commands: ['ticket'] });
    await app.call('PATCH', '/app', {
      before_message_send_hook_url: `${origin}/moderate`, before_message_send_hook_attempt_timeout_ms: 5000,
      custom_action_handler_url: `${origin}/command?type={type}`, custom_command_failure: 'error',
    });
    return app;
  };
  /** A message is asked about, and masked, or it is refused at the door: nothing between. */
  const judged = (answer) => {
    if (answer.status === 400) return assert.equal(answer.json.code === 4 || answer.json.code === 20, true, answer.text);
    assert.equal(answer.status, 201, answer.text.slice(0, 500));
    assert.equal(answer.json.message.checked, true, answer.text.slice(0, 500));
    assert.ok(!(answer.json.message.text ?? '').includes('badword'));
  };

  test('large messages, whatever makes them large', async () => {
    const app = await harbour();
    const send = (message, more = {}) =>
      app.request('POST', '/channels/messaging/dock/message', { message: { text: 'badword', ...message } }, { as: 'mara', ...more });
    for (const bytes of [100, 4000, 30_000, 60_000, 90_000, 110_000, 200_000, 1_000_000]) {
      const x = 'x'.repeat(bytes);
      for (const message of [{ custom_field: x }, { attachments: [{ type: 'x', x }] }, { attachments: Array.from({ length: 10 }, () => ({ x: x.slice(0, bytes / 10) })) },
        { mml: x }, { text: `badword ${x}` }, { mentioned_users: [x.slice(0, 100)] }, { i18n: { de_text: x } },
        // Three bytes for each of these, and six for each of those if a writer escapes them.
        { custom_field: '\u20ac'.repeat(bytes / 3) }, { attachments: [{ x: '\u0001'.repeat(bytes / 6) }] }]) {
        judged(await send(message));
      }
    }
    for (const name of ['x-stream-ext', 'user-agent', 'x-stream-client']) judged(await send({}, { headers: { [name]: 'y'.repeat(7500) } }));
    assert.deepEqual(refusals, []);
  });

  test('a large profile of the sender, of the mentioned, and of the channel', async () => {
    const app = await harbour();
    const grow = async (as) => {
      const answers = [];
      for (let bytes = 200_000; bytes > 1000; bytes /= 2) {
        for (const set of [{ about: 'x'.repeat(bytes) }, { name: 'x'.repeat(bytes) }, { image: `https://a.example/${'x'.repeat(bytes)}` }]) {
          answers.push(await app.request('PATCH', '/users', { users: [{ id: as, set }] }, { as }));
        }
      }
      assert.ok(answers.some(({ status }) => status === 200) && answers.some(({ status }) => status === 400));
    };
    await grow('mara');
    await grow('olaf');
    for (let bytes = 200_000; bytes > 1000; bytes /= 2) {
      await app.request('PATCH', '/channels/messaging/dock', { set: { about: 'x'.repeat(bytes), name: 'y'.repeat(bytes) } }, { as: 'mara' });
    }
    const mentioned_users = ['olaf', 'mara', 'olaf'];
    judged(await app.request('POST', '/channels/messaging/dock/message',
      { message: { text: 'badword', mentioned_users, mml: 'x'.repeat(20_000), attachments: [{ x: 'x'.repeat(30_000) }] } }, { as: 'mara' }));
    judged(await app.request('POST', '/channels/messaging/dock/message', { message: { text: '/ticket badword', mentioned_users } }, { as: 'mara' }));
    assert.deepEqual(refusals, []);
  });

  test('numbers that a handler cannot read', async () => {
    const app = await harbour();
    const hook = path();
    await app.hook(receiver().url(hook));
    const numbers = ['1'.repeat(5000), `-${'9'.repeat(5000)}`, `0.${'3'.repeat(5000)}`, `1${'0'.repeat(400)}`, '1e400', '-1e999', `1e${'9'.repeat(50)}`,
      '1'.repeat(kDigitsMax + 1), '1'.repeat(309), '1'.repeat(41)];
    for (const number of numbers) {
      for (const [method, where, body] of [
        ['POST', '/channels/messaging/dock/message', `{"message":{"text":"badword","n":${number}}}`],
        ['POST', '/channels/messaging/dock/message', `{"message":{"text":"badword","attachments":[{"n":[{"m":${number}}]}]}}`],
        ['POST', '/users', `{"users":{"mara":{"id":"mara","n":${number}}}}`],
        ['PATCH', '/users', `{"users":[{"id":"mara","set":{"n":${number}}}]}`],
        ['PATCH', '/channels/messaging/dock', `{"set":{"n":${number}}}`],
        ['POST', '/channels/messaging/dock/event', `{"event":{"type":"poke","n":${number}}}`],
        ['PATCH', '/channels/messaging/dock/member', `{"set":{"n":${number}}}`],
      ]) {
        const answer = await app.request(method, where, body, { as: 'mara' });
        assert.equal(answer.status, 400, `${where} ${number.slice(0, 50)}: ${answer.text.slice(0, 300)}`);
      }
    }
    judged(await app.request('POST', '/channels/messaging/dock/message', '{"message":{"text":"badword","n":12345678901234567890}}', { as: 'mara' }));
    await app.drained();
    for (const { plain } of receiver().callsTo(hook)) assert.doesNotMatch(plain.toString(), /\d{42}/);
    assert.deepEqual(refusals, []);
  });

  test('keys that are too many, too long or too deep', async () => {
    const app = await harbour();
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1]));
    for (const message of [{ ...many }, { ['k'.repeat(200_000)]: 1 }, { attachments: [many] }, { x: JSON.parse(`${'['.repeat(60)}1${']'.repeat(60)}`) }]) {
      judged(await app.request('POST', '/channels/messaging/dock/message', { message: { text: 'badword', ...message } }, { as: 'mara' }));
    }
    assert.deepEqual(refusals, []);
  });
});
