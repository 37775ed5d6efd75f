// The process: ready line, exit codes, data lock, repeated starts (docs/configuration.md,
// docs/contract/rulings.md#29).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, startServer } from '../harness/server.mjs';
import { serverToken } from '../harness/token.mjs';
import { kPatienceMs, within } from '../harness/wait.mjs';

/** Runs the binary to its end. */
function run(args, { env = {}, timeout = kPatienceMs } = {}) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ...env } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
  return within(ended, timeout, () => `the end of hookline ${args.join(' ')}\n${output}`).finally(() => child.kill('SIGKILL'));
}

const temporary = (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

test('usage and configuration errors exit with 2 and name the culprit', async (context) => {
  const data = temporary(context);
  const config = join(data, 'bad.toml');
  writeFileSync(config, 'nonsense_key = 7\n');
  const broken = join(data, 'broken.toml');
  writeFileSync(broken, 'this is = = no toml');
  const serve = ['serve', '--listen', '127.0.0.1:0', '--data', join(data, 'data')];
  for (const [args, named] of [
    [['--nonsense'], /./],
    [['frobnicate'], /./],
    [['serve', '--listen', 'nowhere', '--data', data], /listen/],
    [[...serve, '--nonsense'], /nonsense/],
    [[...serve, '--config', join(data, 'absent.toml')], /absent\.toml/],
    [[...serve, '--config', config], /nonsense_key/],
    [[...serve, '--config', broken], /broken\.toml/],
  ]) {
    const { code, output } = await run(args);
    assert.equal(code, 2, `${args.join(' ')}: ${output}`);
    assert.match(output, named);
  }
});

test('an address in use is a runtime failure', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  const { code, output } = await run(['serve', '--dev', '--listen', new URL(server.origin).host, '--data', temporary(context)]);
  assert.equal(code, 1, output);
  assert.match(output, /in use|bind/i);
});

test('two processes never share a data directory', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  const { code, output } = await run(['serve', '--dev', '--listen', '127.0.0.1:0', '--data', server.dataDir]);
  assert.equal(code, 1, output);
  assert.ok(output.includes(server.dataDir), output);
  await server.app.call('GET', '/app');
});

test('a second process that waits for the lock takes over when the first one goes', async (context) => {
  const dataDir = temporary(context);
  const first = await startServer({ dataDir });
  context.after(() => first.dispose());
  const starting = startServer({ dataDir });
  await first.stop();
  const second = await starting;
  context.after(() => second.dispose());
  await second.app.call('GET', '/app');
});

test('SIGINT ends it as cleanly as SIGTERM', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  assert.deepEqual(await server.signal('SIGINT'), { code: 0, signal: null });
});

test('--dev without variables makes an app, prints how to reach it, and reuses it', async (context) => {
  const none = { HOOKLINE_BOOTSTRAP_KEY: undefined, HOOKLINE_BOOTSTRAP_SECRET: undefined, HOOKLINE_ADMIN_TOKEN: undefined };
  const server = await startServer({ env: none });
  context.after(() => server.dispose());
  const credentials = () => {
    const printed = server.output + server.log;
    const secret = /\b[a-z0-9]{64}\b/.exec(printed)?.[0];
    const keys = printed.match(/\b[a-z0-9]{12}\b/g) ?? [];
    assert.ok(secret, printed);
    assert.ok(keys.length > 0, printed);
    return { secret, keys };
  };
  const first = credentials();
  await server.stop();
  await server.start();
  const again = credentials();
  assert.equal(again.secret, first.secret);
  let accepted = 0;
  for (const key of new Set(again.keys)) {
    const token = serverToken(again.secret);
    if ((await server.app.request('GET', '/app', undefined, { key, token })).status === 200) ++accepted;
  }
  assert.equal(accepted, 1);
});

test('standard output has the ready line and nothing of the log', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  await server.app.call('GET', '/app');
  assert.match(server.output, /^hookline: listening on http:\/\/127\.0\.0\.1:\d+$/m);
  assert.equal(server.output.match(/hookline: listening on/g).length, 1);
});

test('secrets are not logged', async (context) => {
  const server = await startServer();
  context.after(() => server.dispose());
  const app = await server.newApp();
  await app.call('PATCH', '/app', {
    event_hooks: [{ hook_type: 'sqs', enabled: false, event_types: [], sqs_region: 'eu-west-1', sqs_auth_type: 'keys',
      sqs_queue_url: 'https://sqs.eu-west-1.amazonaws.com/1/q', sqs_key: 'AKID', sqs_secret: 'hush-hush' }],
  });
  await app.users('mara');
  await server.stop();
  for (const secret of [app.secret, 'hush-hush', app.serverToken()]) assert.ok(!server.log.includes(secret));
});
