// The door of the API: web pages, concurrent edits of settings, guesses at the admin token.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exchange, rawExchange, statusOf } from '../harness/http.mjs';
import { binary } from '../harness/server.mjs';
import { suite } from '../harness/suite.mjs';
import { kPatienceMs } from '../harness/wait.mjs';

const kOrigin = 'https://chat.example.com';
const preflight = (server, path, headers = {}) => exchange({
  origin: server.origin, method: 'OPTIONS', path,
  headers: { origin: kOrigin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,stream-auth-type', ...headers },
});

suite('web pages of other origins', ({ test, server }) => {
  test('may ask for every API route, and for no admin route', async () => {
    for (const path of ['/app', '/channels/messaging/x/query?api_key=k', '/api/v2/app', '/api/v2/video/calltypes', '/nothing']) {
      const answer = await preflight(server(), path);
      assert.equal(answer.status, 204, path);
      assert.equal(answer.headers['access-control-allow-origin'], '*', path);
      assert.equal(answer.headers['access-control-allow-headers'], 'authorization,stream-auth-type');
      assert.match(answer.headers['access-control-allow-methods'], /PATCH/);
    }
    for (const path of ['/admin/v1/apps', '/admin/v1/nothing', '/metrics', '/healthz']) {
      const answer = await preflight(server(), path);
      assert.equal(answer.headers['access-control-allow-origin'], undefined, path);
    }
  });

  test('read answers, also refusals', async () => {
    const { app } = server();
    for (const more of [{}, { token: 'x' }, { key: 'nosuchkey000' }]) {
      const answer = await app.request('GET', '/app', undefined, { ...more, headers: { origin: kOrigin } });
      assert.equal(answer.headers['access-control-allow-origin'], '*');
      assert.match(answer.headers['access-control-expose-headers'], /x-ratelimit-remaining/);
    }
    const admin = await server().admin('GET', '/apps', undefined, { headers: { origin: kOrigin } });
    assert.equal(admin.headers['access-control-allow-origin'], undefined);
  });
});

suite('web pages and requests that do not get as far as a route', ({ test, server }) => {
  const raw = (head, more = '') => rawExchange(server().origin, `${head}\r\nHost: x\r\nOrigin: ${kOrigin}\r\n${more}\r\n`);

  test('read the refusals', async () => {
    const app = server().app;
    const target = `/channels/messaging/x/message?api_key=${app.key}`;
    for (const [status, head, more] of [
      [413, `POST ${target} HTTP/1.1`, 'Content-Length: 99999999\r\n'],
      [431, `POST ${target} HTTP/1.1`, `X-Long: ${'x'.repeat(20_000)}\r\n`],
      [400, `POST ${target} HTTP/1.1`, 'Content-Length: two\r\n'],
      [400, `POST ${target} HTTP/1.1`, `Authorization: ${app.serverToken()}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n`],
      [401, `POST ${target} HTTP/1.1`, 'Content-Length: 2000000\r\n'],
      [415, `POST ${target} HTTP/1.1`, `Authorization: ${app.serverToken()}\r\nContent-Encoding: br\r\nContent-Length: 2000000\r\n`],
    ]) {
      const answer = await raw(head, more);
      assert.equal(statusOf(answer), status, answer);
      assert.match(answer, /^access-control-allow-origin: \*\r$/m, answer);
      assert.match(answer, /"StatusCode":\d{3}/);
    }
    const admin = await raw('POST /admin/v1/apps HTTP/1.1', 'Content-Length: 99999999\r\n');
    assert.equal(statusOf(admin), 413, admin);
    assert.doesNotMatch(admin, /access-control/);
  });

  test('a refused request with a small body leaves the connection alone', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const refused = await server().app.request('POST', '/users', { users: {} }, { token: 'x', agent });
      assert.equal(refused.status, 401);
      assert.notEqual(refused.headers.connection, 'close');
      assert.equal((await server().app.request('GET', '/app', undefined, { agent })).status, 200);
    } finally {
      agent.destroy();
    }
  });

  test('who waits for a word before sending a body hears the answer', async () => {
    const app = server().app;
    const send = (token) => raw(`POST /channels/messaging/x/message?api_key=${app.key} HTTP/1.1`,
      `Authorization: ${token}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 9\r\n`);
    assert.match(await send('wrong'), /^HTTP\/1\.1 401 /);
    const welcome = await rawExchange(server().origin, `POST /users?api_key=${app.key} HTTP/1.1\r\nHost: x\r\nAuthorization: ${app.serverToken()}\r\n` +
      'Expect: 100-continue\r\nContent-Length: 9\r\n\r\n', { enough: (text) => text.includes('\r\n\r\n') });
    assert.match(welcome, /^HTTP\/1\.1 100 /);
  });
});

suite('web pages of the listed origins', ({ test, server }) => {
  test('may use the API, others may not', async () => {
    assert.equal((await preflight(server(), '/app')).headers['access-control-allow-origin'], kOrigin);
    const other = await preflight(server(), '/app', { origin: 'https://evil.example' });
    assert.equal(other.headers['access-control-allow-origin'], undefined);
    const answer = await server().app.request('GET', '/app', undefined, { headers: { origin: 'https://evil.example' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  });
}, { server: { env: { HOOKLINE_API_CORS_ORIGINS: kOrigin } } });

suite('two clients that change the settings at once', ({ test, newApp }) => {
  const hook = (n) => ({ hook_type: 'webhook', enabled: true, webhook_url: `https://hooks.example/${n}`, event_types: [] });

  test('the one that read earlier is told: 412', async () => {
    const app = await newApp();
    const read = await app.request('GET', '/app');
    assert.match(read.headers.etag, /^"[0-9a-f]+"$/);
    assert.equal((await app.request('GET', '/api/v2/app')).headers.etag, read.headers.etag);
    const headers = { 'if-match': read.headers.etag };
    await app.call('PATCH', '/app', { event_hooks: [hook(1)] }, { headers });
    const error = await app.refuses(412, 4, 'PATCH', '/app', { event_hooks: [hook(2)] }, { headers });
    assert.match(error.message, /^UpdateApp failed with error: "/);
    const now = await app.request('GET', '/app');
    assert.notEqual(now.headers.etag, read.headers.etag);
    assert.equal(now.json.app.event_hooks[0].webhook_url, 'https://hooks.example/1');
    await app.call('PATCH', '/app', {}, { headers: { 'if-match': '*' } });
    await app.call('PATCH', '/app', { disable_auth_checks: false });
    // The channel types are part of what was read.
    const { etag } = (await app.request('GET', '/app')).headers;
    await app.call('PUT', '/channeltypes/messaging', { max_message_length: 99 });
    assert.notEqual((await app.request('GET', '/app')).headers.etag, etag);
    await app.refuses(412, 4, 'PATCH', '/app', {}, { headers: { 'if-match': etag } });
  });

  test('lose nothing if they use it', async () => {
    const app = await newApp();
    const add = async (n) => {
      for (;;) {
        const read = await app.request('GET', '/app');
        const answer = await app.request('PATCH', '/app', { event_hooks: [...read.json.app.event_hooks, hook(n)] },
          { headers: { 'if-match': read.headers.etag } });
        if (answer.status === 200) return;
        assert.equal(answer.status, 412, answer.text);
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, n) => add(n)));
    const urls = (await app.call('GET', '/app')).app.event_hooks.map((each) => each.webhook_url).sort();
    assert.deepEqual(urls, Array.from({ length: 12 }, (_, n) => `https://hooks.example/${n}`).sort());
  });
});

suite('admin routes', ({ test, server }) => {
  test('refuse query parameters and fields that they do not have', async () => {
    for (const path of ['/deliveries?since=2026-01-01', '/deliveries?event_type=message.new', '/dead_letters?state=dead',
      '/hooks?hook_id=x', '/hooks?app_id=x', '/apps?limit=1']) {
      const answer = await server().admin('GET', path);
      assert.equal(answer.status, 400, path);
      assert.equal(answer.json.code, 4);
      assert.ok(answer.json.message.includes(/[?](\w+)/.exec(path)[1]), answer.text);
    }
    const answer = await server().admin('POST', '/apps', { name: 'x', use_hooks_v2: false });
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.json.message, /use_hook_v2/);
  });
});

suite('guesses at the admin token', ({ test, server }) => {
  test('are slowed down and written down', async () => {
    const wrong = () => server().admin('GET', '/apps', undefined, { headers: { authorization: 'Bearer guess' } });
    let answer = await wrong();
    assert.equal(answer.status, 401);
    // A minute may end in between: then counting starts again.
    for (let i = 0; i < 60 && answer.status === 401; ++i) answer = await wrong();
    assert.equal(answer.status, 429, answer.text);
    assert.match(answer.headers['retry-after'], /^[1-9]\d?$/);
    await server().logged(/wrong admin tokens from 127\.0\.0\.1/);
    assert.ok(!server().log.includes('guess'));
    // Chat goes on.
    await server().app.call('GET', '/app');
  });
});

suite('secrets that can be guessed', ({ test }) => {
  const start = (env, ...flags) => {
    const data = mkdtempSync(join(tmpdir(), 'hookline-weak-'));
    try {
      // A wrong directory for TLS ends the start soon if the secrets are good.
      return spawnSync(binary, ['serve', '--listen', '127.0.0.1:0', '--data', data, ...flags], {
        env: { PATH: process.env.PATH, HOME: data, HOOKLINE_TLS_CERT: '/none', HOOKLINE_TLS_KEY: '/none', ...env },
        encoding: 'utf8', timeout: kPatienceMs,
      });
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  };
  const good = '8f3k2m9x7q1w5z0v4b6n';

  test('stop the start outside development mode', () => {
    for (const [name, env] of [
      ['HOOKLINE_ADMIN_TOKEN', { HOOKLINE_ADMIN_TOKEN: 'x' }],
      ['HOOKLINE_ADMIN_TOKEN', { HOOKLINE_ADMIN_TOKEN: 'a'.repeat(64) }],
      ['HOOKLINE_BOOTSTRAP_SECRET', { HOOKLINE_ADMIN_TOKEN: good, HOOKLINE_BOOTSTRAP_KEY: 'key', HOOKLINE_BOOTSTRAP_SECRET: 's' }],
    ]) {
      const { status, stderr } = start(env);
      assert.equal(status, 2, stderr);
      assert.ok(stderr.includes(name) && stderr.includes('too easy to guess'), stderr);
    }
    const { stderr } = start({ HOOKLINE_ADMIN_TOKEN: good, HOOKLINE_BOOTSTRAP_KEY: 'key', HOOKLINE_BOOTSTRAP_SECRET: `${good}s` });
    assert.ok(!stderr.includes('too easy'), stderr);
    assert.ok(!start({ HOOKLINE_ADMIN_TOKEN: 'x' }, '--dev').stderr.includes('too easy'));
  });
});
