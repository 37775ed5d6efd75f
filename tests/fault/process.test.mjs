// The process under hostile surroundings: few descriptors, a log that nobody reads, a lost terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App } from '../harness/app.mjs';
import { startReceiver } from '../harness/receiver.mjs';
import { binary, startServer } from '../harness/server.mjs';
import { kPatienceMs, within } from '../harness/wait.mjs';

const key = 'k9d3f7h2m4p6';
const secret = '0123456789abcdef'.repeat(4);

/** A server started by a shell, so that the shell can change what it inherits. */
async function startBy(context, shell, { env = {}, data } = {}) {
  const directory = data ?? mkdtempSync(join(tmpdir(), 'hookline-test-'));
  const child = spawn('bash', ['-c', `${shell}`, 'sh', binary, 'serve', '--dev', '--listen', '127.0.0.1:0', '--data', directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOOKLINE_BOOTSTRAP_KEY: key, HOOKLINE_BOOTSTRAP_SECRET: secret, HOOKLINE_ADMIN_TOKEN: 'token-of-the-test', ...env },
  });
  const server = { child, directory, log: '', output: '' };
  server.exit = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  child.stderr.on('data', (chunk) => (server.log += chunk));
  context.after(async () => {
    child.kill('SIGKILL');
    await server.exit;
    if (data === undefined) rmSync(directory, { recursive: true, force: true });
  });
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      server.output += chunk;
      const line = /^hookline: listening on (http:\/\/\S+)\n/m.exec(server.output);
      if (line) resolve(line[1]);
    });
  });
  const died = server.exit.then(({ code, signal }) => Promise.reject(new Error(`ended with ${code} ${signal}\n${server.log}`)));
  died.catch(() => {});
  server.origin = await within(Promise.race([ready, died]), kPatienceMs, () => `the ready line\n${server.log}`);
  server.app = new App(server, { key, secret });
  return server;
}

const receiverFor = async (context) => {
  const receiver = await startReceiver();
  context.after(() => receiver.stop());
  return receiver;
};

/** Opens `count` connections that say nothing. */
async function openIdle(context, origin, count) {
  const { port } = new URL(origin);
  const sockets = [];
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  for (let at = 0; at < count; at += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, count - at) }, () => {
        const socket = net.connect(Number(port), '127.0.0.1');
        socket.on('error', () => {});
        sockets.push(socket);
        return within(new Promise((resolve) => socket.once('connect', resolve)), kPatienceMs, () => 'a connection');
      }),
    );
  }
  return sockets;
}

for (const [title, shell] of [
  ['a soft limit', 'ulimit -Sn 256; exec "$@"'],
  ['a hard limit', 'ulimit -n 256; exec "$@"'],
]) {
  test(`idle connections beyond ${title} of descriptors starve neither deliveries nor moderation`, async (context) => {
    const receiver = await receiverFor(context);
    const server = await startBy(context, `shift 0; ${shell}`);
    const { app } = server;
    await app.channel('c1', ['mara']);
    receiver.script('/before', { status: 200, body: JSON.stringify({ message: { text: 'masked' } }) });
    await app.hook(receiver.url('/push'), 'message.new');
    await app.call('PATCH', '/app', { before_message_send_hook_url: receiver.url('/before'), before_message_send_hook_attempt_timeout_ms: 5000 });
    await openIdle(context, server.origin, 400);
    for (let i = 0; i < 5; ++i) {
      const sent = await app.call('POST', '/channels/messaging/c1/message', { message: { text: 'card 4111', user_id: 'mara' } });
      assert.equal(sent.message.text, 'masked');
    }
    const calls = await receiver.waitFor({ path: '/push', count: 5 });
    assert.deepEqual([...new Set(calls.map((call) => call.attempt))], [1]);
    const lines = server.log.split('\n').filter((line) => /accept failed|connections are taken/.test(line));
    assert.ok(lines.length <= 2, server.log);
  });
}

test('it outlives a log and an output that nobody reads', async (context) => {
  const receiver = await receiverFor(context);
  const server = await startBy(context, 'exec "$@"');
  const { app } = server;
  await app.channel('c1', ['mara']);
  // 410 makes it write a line.
  receiver.script('/gone', { status: 410 });
  await app.hook(receiver.url('/gone'), 'message.new');
  server.child.stderr.destroy();
  server.child.stdout.destroy();
  await app.call('POST', '/channels/messaging/c1/message', { message: { text: 'x', user_id: 'mara' } });
  await receiver.waitFor({ path: '/gone' });
  server.child.kill('SIGHUP'); // Logs, too.
  await app.call('GET', '/app');
  server.child.kill('SIGTERM');
  assert.deepEqual(await within(server.exit, kPatienceMs, () => 'the end'), { code: 0, signal: null });
});

test('it starts without standard descriptors, and writes its log into no file of the store', async (context) => {
  const server = await startBy(context, 'exec 0<&- 2>&-; exec "$@"');
  await server.app.channel('c1', ['mara']);
  server.child.kill('SIGHUP');
  await server.app.call('GET', '/app');
  server.child.kill('SIGTERM');
  assert.deepEqual(await within(server.exit, kPatienceMs, () => 'the end'), { code: 0, signal: null });
});

test('SIGHUP is ignored, and the log says so', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  process.kill(server.pid, 'SIGHUP');
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/SIGHUP is ignored/);
  await server.app.call('GET', '/app');
});

test('a misspelt variable is named', async (context) => {
  const server = await startServer({ env: { HOOKLINE_ADMIN_TOKN: 'x' } });
  context.after(() => server.dispose());
  await server.logged(/HOOKLINE_ADMIN_TOKN is no setting/);
});

test('without admin token and without an app it says what to set', async (context) => {
  const none = { HOOKLINE_BOOTSTRAP_KEY: undefined, HOOKLINE_BOOTSTRAP_SECRET: undefined, HOOKLINE_ADMIN_TOKEN: undefined };
  const server = await startServer({ dev: false, env: none });
  context.after(() => server.dispose());
  for (const name of Object.keys(none)) await server.logged(new RegExp(name));
});

test('the admin token of --dev survives a restart, readable by its owner only', async (context) => {
  const server = await startServer({ env: { HOOKLINE_ADMIN_TOKEN: undefined } });
  context.after(() => server.dispose());
  const printed = () => /admin token (\S+)/.exec(server.output)[1];
  const first = printed();
  const file = join(server.dataDir, 'dev-admin-token');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await server.stop();
  await server.start();
  assert.equal(printed(), first);
  // A file that was cut short is made anew.
  await server.stop();
  writeFileSync(file, 'x');
  await server.start();
  assert.notEqual(printed(), first);
  assert.equal(readFileSync(file, 'utf8').trim(), printed());
});

test('a retired bootstrap key stays retired, with a warning and no second app', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  const [app] = (await server.admin('GET', '/apps')).json.apps;
  const fresh = (await server.admin('POST', `/apps/${app.id}/keys`)).json;
  assert.equal((await server.admin('DELETE', `/apps/${app.id}/keys/${server.app.key}`)).status, 200);
  await server.stop();
  await server.start();
  await server.logged(/bootstrap_key is a key that was retired/);
  const apps = (await server.admin('GET', '/apps')).json.apps;
  assert.equal(apps.length, 1);
  assert.deepEqual(apps[0].keys.map((one) => one.key ?? one), [fresh.key]);
});

test('a limit on the size of files is a failing write, not the end', async (context) => {
  // Blocks of 1 KiB. What it has when it starts is smaller; soon its log is not.
  const server = await startBy(context, 'ulimit -f 512; exec "$@"');
  const { app } = server;
  await app.channel('c1', ['mara']);
  const send = () => app.request('POST', '/channels/messaging/c1/message', { message: { text: 'x'.repeat(4800), user_id: 'mara' } });
  let answer = await send();
  for (let i = 0; i < 2000 && answer.status === 201; ++i) answer = await send();
  assert.equal(answer.status, 503, answer.text);
  assert.ok(answer.headers['retry-after']);
  assert.equal(server.child.exitCode, null);
  assert.equal((await app.request('GET', '/app')).status, 200);
  server.child.kill('SIGTERM');
  assert.deepEqual(await within(server.exit, 20_000, () => 'the end'), { code: 0, signal: null });
});
