// Bodies that nobody has a right to, and bodies that never end: what they take up is bounded, and
// others are served meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver } from '../harness/receiver.mjs';
import { startServer } from '../harness/server.mjs';
import { countOf, countsMemory, crowd, peakMiB } from '../harness/memory.mjs';
import { eventually } from '../harness/wait.mjs';

const kConnections = 1000;
const kAnnounced = 2 * 1024 * 1024 - 1;
const kSent = 256 * 1024;
const kBudgetMiB = 64;
/** What the server may use besides the budget: itself, its store, buffers of a thousand connections. */
const kBesidesMiB = 128;
const env = { HOOKLINE_LIMITS_MEMORY_BYTES: String(kBudgetMiB << 20) };

const head = (path, token, length = kAnnounced) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nstream-auth-type: jwt\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

async function serverFor(context, options = {}) {
  const server = await startServer({ env: { ...env, ...options } });
  context.after(() => server.dispose());
  const app = await server.newApp();
  await app.channel('c1', ['mara']);
  return { server, app };
}

const assertBounded = (server) => {
  if (!countsMemory) return;
  const peak = peakMiB(server.pid);
  assert.ok(peak < kBudgetMiB + kBesidesMiB, `${peak.toFixed(0)} MiB`);
};

test('a budget that holds no large request is refused at the start', async () => {
  await assert.rejects(startServer({ env: { HOOKLINE_LIMITS_MEMORY_BYTES: '1000000' } }), /code 2[^]*limits\.memory_bytes must be at least/);
});

test('a thousand bodies without a valid key are refused by their heads', async (context) => {
  const { server, app } = await serverFor(context);
  const body = Buffer.alloc(kSent, 'x');
  const paths = [`/channels/messaging/c1/message?api_key=nosuchkey000`, `/channels/messaging/c1/message`,
    `/channels/messaging/c1/message?api_key=${app.key}`, '/nothing', '/admin/v1/apps'];
  const expected = [401, 401, 401, 404, 401];
  const members = await crowd(context, server.origin, kConnections, (i) =>
    Buffer.concat([Buffer.from(head(paths[i % paths.length], 'wrong')), body]));
  await app.send('c1', { text: 'meanwhile', user_id: 'mara' });
  // The guesses at the admin token are slowed down: then it is 429.
  const answered = () => members.filter((member) => member.status !== 0).length;
  await eventually(() => answered() === kConnections, { timeout: 50_000, what: () => `${answered()} answers` });
  members.forEach((member, i) => {
    const want = expected[i % paths.length];
    assert.ok(member.status === want || (paths[i % paths.length].startsWith('/admin') && member.status === 429), `${member.status} ${want}`);
    assert.match(member.text, /connection: close/i);
  });
  assertBounded(server);
});

test('a thousand slow bodies with a valid key hold their share at the most', async (context) => {
  const { server, app } = await serverFor(context);
  const other = await server.newApp();
  await other.channel('c1', ['tom']);
  const body = Buffer.alloc(kSent, ' ');
  const start = Buffer.concat([Buffer.from(head(`/channels/messaging/c1/message?api_key=${app.key}`, app.serverToken())), body]);
  const members = await crowd(context, server.origin, kConnections, start);
  // Not even half of them find room.
  await eventually(() => countOf(members, 503) > kConnections / 2, { timeout: 50_000, what: () => `${countOf(members, 503)} refusals` });
  assert.match(members.find((member) => member.status === 503).text, /retry-after: 1/i);
  // Another app has its share, large requests included; small ones of the same app need none.
  await other.call('POST', '/channels/messaging/c1/message', { message: { text: 'large', user_id: 'tom' }, ignored: 'x'.repeat(kSent) });
  await app.send('c1', { text: 'small', user_id: 'mara' });
  // Those that hold theirs do not keep up the least rate.
  await eventually(() => countOf(members, 503) + countOf(members, 408) === kConnections, { timeout: 50_000, what: () => `${countOf(members, 408)} time-outs` });
  await app.call('POST', '/channels/messaging/c1/message', { message: { text: 'large', user_id: 'mara' }, ignored: 'x'.repeat(kSent) });
  assertBounded(server);
});

test('trees of parsed requests count', async (context) => {
  const { server, app } = await serverFor(context);
  const receiver = await startReceiver();
  context.after(() => receiver.stop());
  // The requests are held by a hook that does not answer; each is 200 KB, and 6 MB once parsed.
  receiver.script('/hang', { hang: true });
  await app.call('PATCH', '/app', { before_message_send_hook_url: receiver.url('/hang') });
  const kRequests = 200;
  const ones = `[${'1,'.repeat(99_000)}1]`;
  const body = JSON.stringify({ message: { text: 'x' }, ignored: 0 }).replace('"ignored":0', `"ignored":${ones}`);
  const members = await crowd(context, server.origin, kRequests, (i) =>
    head(`/channels/messaging/c1/message?api_key=${app.key}`, app.userToken('mara'), body.length) + body);
  await eventually(() => members.every((member) => member.status !== 0), { timeout: 50_000, what: () => `${members.filter((member) => member.status === 0).length} answers` });
  assert.ok(countOf(members, 503) > kRequests / 2, `${countOf(members, 503)} refusals`);
  for (const { status } of members) assert.ok([201, 429, 503].includes(status), `${status}`);
  assertBounded(server);
});
