// Clients that ask for large answers and do not read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../harness/server.mjs';
import { countsMemory, crowd, peakMiB } from '../harness/memory.mjs';
import { eventually } from '../harness/wait.mjs';

const kBudgetMiB = 64;
const kBesidesMiB = 160; // Itself, its store, and two answers in the making.
const kReaders = 60;
const kMessages = 300;

test('answers that nobody reads are held within the share of their app', async (context) => {
  const server = await startServer({ env: { HOOKLINE_LIMITS_MEMORY_BYTES: String(kBudgetMiB << 20) } });
  context.after(() => server.dispose());
  const app = await server.newApp();
  await app.call('PUT', '/channeltypes/messaging', { max_message_length: 30_000 });
  await app.channel('c1', ['mara']);
  const other = await server.newApp();
  await other.channel('c1', ['tom']);
  for (let i = 0; i < kMessages; i += 10) {
    await Promise.all(Array.from({ length: 10 }, () => app.send('c1', { text: 'x'.repeat(29_000), user_id: 'mara' })));
  }
  const body = JSON.stringify({ state: true, messages: { limit: kMessages } });
  const request = `POST /channels/messaging/c1/query?api_key=${app.key} HTTP/1.1\r\nHost: x\r\nAuthorization: ${app.serverToken()}\r\n` +
    `stream-auth-type: jwt\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  await crowd(context, server.origin, kReaders, request, { reads: false });
  // The answers that found room are larger than what the sockets take, so their connections stay
  // until the least rate ends them. All that can be seen from here is that others are served.
  for (let i = 0; i < 20; ++i) await other.send('c1', { text: `${i}`, user_id: 'tom' });
  await app.send('c1', { text: 'small', user_id: 'mara' });
  const held = async () => {
    const metrics = await app.request('GET', '/metrics', undefined, { token: null, key: null });
    return Number(/^hookline_request_memory_bytes (\S+)$/m.exec(metrics.text)[1]);
  };
  // The page's own request is counted, too.
  await eventually(async () => (await held()) < 64 * 1024, { timeout: 50_000, interval: 200, what: 'their room to be given back' });
  if (countsMemory) assert.ok(peakMiB(server.pid) < kBudgetMiB + kBesidesMiB, `${peakMiB(server.pid).toFixed(0)} MiB`);
  // With their room back, the answer is served to who reads it.
  const answer = await app.request('POST', '/channels/messaging/c1/query', body);
  assert.equal(answer.status, 201, answer.text.slice(0, 200));
  assert.equal(answer.json.messages.length, kMessages);
});
