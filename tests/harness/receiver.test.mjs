// The receiver is what the other tests believe; so it is tested itself, with a plain HTTP client.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { exchange, rawExchange, statusOf } from './http.mjs';
import { signatureOf, startReceiver } from './receiver.mjs';

let receiver;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.stop());

const post = (path, body = '{}', more = {}) =>
  exchange({ origin: receiver.origin, method: 'POST', path, body, ...more });

test('remembers head, body and order', async () => {
  await post('/remember?x=1', '{"type":"message.new","n":1.10}', {
    headers: { 'X-Webhook-Id': 'id-1', 'X-Webhook-Attempt': '2' },
  });
  const call = await receiver.waitForOne({ path: '/remember', type: 'message.new' });
  assert.equal(call.path, '/remember?x=1');
  assert.equal(call.raw.toString(), '{"type":"message.new","n":1.10}');
  assert.equal(call.id, 'id-1');
  assert.equal(call.attempt, 2);
  assert.ok(call.answeredAt >= call.startedAt);
});

test('steps come in turn and the last one stays', async () => {
  receiver.script('/steps', { status: 500 }, { status: 503, headers: { 'retry-after': '7' } }, { status: 204 });
  const answers = [];
  for (let i = 0; i < 4; ++i) answers.push(await post('/steps'));
  assert.deepEqual(answers.map((answer) => answer.status), [500, 503, 204, 204]);
  assert.equal(answers[1].headers['retry-after'], '7');
});

test('a step may look at the call', async () => {
  receiver.script('/choose', (call) => ({ status: call.json.ok ? 200 : 400 }));
  assert.equal((await post('/choose', '{"ok":true}')).status, 200);
  assert.equal((await post('/choose', '{"ok":false}')).status, 400);
});

test('waits for a count, and says what it missed', async () => {
  const three = receiver.waitFor({ path: '/count', count: 3 });
  for (let i = 0; i < 3; ++i) await post('/count');
  assert.equal((await three).length, 3);
  await assert.rejects(receiver.waitFor({ path: '/count', count: 4, timeout: 20 }), /4 call\(s\) to \/count, got 3/);
});

test('reads compressed bodies', async () => {
  await post('/gzip', gzipSync('{"type":"zipped"}'));
  const call = await receiver.waitForOne({ type: 'zipped' });
  assert.equal(call.plain.toString(), '{"type":"zipped"}');
  assert.match(signatureOf(call.plain, 'secret'), /^[0-9a-f]{64}$/);
});

test('resets before and after the body, and in the answer', async () => {
  receiver.script('/before', { resetBeforeBody: true });
  receiver.script('/after', { resetAfterBody: true });
  receiver.script('/middle', { resetInAnswer: true });
  for (const path of ['/before', '/after', '/middle']) {
    await assert.rejects(post(path), /ECONNRESET|socket hang up|aborted/, path);
    await receiver.waitForOne({ path });
  }
});

test('hangs, before and after the head of its answer', async () => {
  receiver.script('/hang', { hang: true });
  receiver.script('/half', { hangAfterHeaders: true });
  await assert.rejects(post('/hang', '{}', { timeout: 100 }), /timed out/);
  await assert.rejects(post('/half', '{}', { timeout: 100 }), /timed out/);
  await receiver.waitForOne({ path: '/hang' });
  await receiver.waitForOne({ path: '/half' });
});

test('sends 1xx first, giant headers, and closes', async () => {
  const agent = new http.Agent({ keepAlive: true });
  receiver.script('/odd', { informational: [103], status: 201, giantHeaderBytes: 9000, close: true });
  const head = `POST /odd HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
  const text = await rawExchange(receiver.origin, head);
  assert.equal(statusOf(text), 103);
  assert.match(text, /HTTP\/1\.1 201 /);
  assert.match(text, /x-giant: g{9000}/i);
  agent.destroy();
});

test('drips and pours without end', async () => {
  receiver.script('/drip', { drip: true });
  receiver.script('/pour', { endless: true });
  const head = (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
  const dripped = await rawExchange(receiver.origin, head('/drip'), { enough: (text) => text.endsWith('.') });
  assert.equal(statusOf(dripped), 200);
  const poured = await rawExchange(receiver.origin, head('/pour'), { enough: (text) => text.length > 1e6 });
  assert.ok(poured.length > 1e6);
});

test('keeps connections apart', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await post('/alive', '{}', { agent });
  await post('/alive', '{}', { agent });
  await post('/alive');
  const [first, second, third] = await receiver.waitFor({ path: '/alive', count: 3 });
  assert.equal(first.connection, second.connection);
  assert.notEqual(second.connection, third.connection);
  agent.destroy();
});

test('knows when all connections are gone', async () => {
  const own = await startReceiver();
  const agent = new http.Agent({ keepAlive: true });
  try {
    await exchange({ origin: own.origin, method: 'POST', path: '/', body: '{}', agent });
    await assert.rejects(own.disconnected(50), /all connections to close/);
    agent.destroy();
    await own.disconnected();
  } finally {
    agent.destroy();
    await own.stop();
  }
});
