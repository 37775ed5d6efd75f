// One address that opens connections without end: it has its number of them, and others come in.
import assert from 'node:assert/strict';
import net from 'node:net';
import http from 'node:http';
import { test } from 'node:test';
import { statusOf } from '../harness/http.mjs';
import { startServer } from '../harness/server.mjs';
import { eventually, within } from '../harness/wait.mjs';

const kPerAddress = 20;
const kWanted = 60;

/** A connection from one of the loopback addresses. */
function connect(context, origin, from) {
  const { hostname, port } = new URL(origin);
  const socket = net.connect({ host: hostname, port: Number(port), localAddress: from });
  const client = { socket, text: '', closed: false };
  context.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.on('data', (chunk) => (client.text += chunk.toString('latin1')));
  socket.on('close', () => (client.closed = true));
  return within(new Promise((resolve) => {
    socket.once('connect', () => resolve(client));
    socket.once('close', () => resolve(client));
  }), 20_000, 'a connection');
}

const health = (origin, from) => within(new Promise((resolve, reject) => {
  const { hostname, port } = new URL(origin);
  http.get({ hostname, port, path: '/healthz', localAddress: from, agent: false }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode));
  }).on('error', reject);
}), 20_000, `/healthz from ${from}`);

const start = async (context, env) => {
  const server = await startServer({ env });
  context.after(() => server.dispose());
  return server;
};

test('its own idle connections make room for new ones', async (context) => {
  const server = await start(context, { HOOKLINE_LIMITS_CONNECTIONS_PER_ADDRESS: String(kPerAddress) });
  const ask = async (client) => {
    client.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => client.text.endsWith('ok\n') || client.closed, { interval: 2, what: () => `an answer: ${client.text}` });
  };
  const neighbour = await connect(context, server.origin, '127.0.0.3');
  await ask(neighbour);
  const clients = [];
  for (let i = 0; i < kWanted; ++i) {
    const client = await connect(context, server.origin, '127.0.0.2');
    clients.push(client);
    await ask(client); // Then all but the last ones are idle for certain.
    assert.equal(statusOf(client.text), 200, `${i}: ${client.text}`);
  }
  const open = () => clients.filter((client) => !client.closed).length;
  await eventually(() => open() <= kPerAddress, { what: () => `${open()} connections` });
  assert.equal(clients.at(-1).closed, false);
  assert.equal(neighbour.closed, false, 'the idle connection of another address stays');
  assert.equal(await health(server.origin, '127.0.0.3'), 200);
});

test('busy ones are not closed: what comes then is refused', async (context) => {
  const server = await start(context, { HOOKLINE_LIMITS_CONNECTIONS_PER_ADDRESS: String(kPerAddress) });
  const busy = await Promise.all(Array.from({ length: kPerAddress }, () => connect(context, server.origin, '127.0.0.2')));
  // A head without end: the connection waits for no request any more.
  for (const { socket } of busy) socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
  // Until their heads have been seen, idle ones may make room for others: these become busy, too.
  const refused = async () => {
    const client = await connect(context, server.origin, '127.0.0.2');
    client.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => client.closed || client.text.endsWith('ok\n') || client.text.includes('"code"'), { interval: 2, what: 'an answer' });
    if (statusOf(client.text) === 503) return true;
    client.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    busy.push(client);
    return false;
  };
  await eventually(refused, { timeout: 50_000, interval: 2, what: 'a refusal' });
  assert.equal(await health(server.origin, '127.0.0.3'), 200);
  assert.match(server.log, /127\.0\.0\.2 has all 20 connections/);
  // They end, and there is room again.
  for (const { socket } of busy) socket.destroy();
  const room = async () => (await health(server.origin, '127.0.0.2').catch(() => 0)) === 200;
  await eventually(room, { what: 'room' });
});

for (const [title, env] of [
  ['without a number, loopback', { HOOKLINE_LIMITS_CONNECTIONS: '40' }],
  ['a trusted proxy', { HOOKLINE_LIMITS_CONNECTIONS_PER_ADDRESS: '2', HOOKLINE_TRUSTED_PROXIES: '127.0.0.2' }],
]) {
  test(`${title} may open as many as there are`, async (context) => {
    const server = await start(context, env);
    const clients = await Promise.all(Array.from({ length: 30 }, () => connect(context, server.origin, '127.0.0.2')));
    for (const { socket } of clients) socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => clients.every((client) => client.text.endsWith('ok\n')), { what: 'all answers' });
    assert.ok(clients.every((client) => !client.closed));
  });
}
