// Who may call at all, and the answers to each failure (docs/contract/routes.md#tokens).
import assert from 'node:assert/strict';
import { rawExchange } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';
import { sign } from '../harness/token.mjs';

const now = () => Math.floor(Date.now() / 1000);

suite('authentication', ({ test, server, newApp }) => {
  const refused = async (code, more, path = '/app') => {
    const { app } = server();
    return app.refuses(401, code, 'GET', path, undefined, more);
  };

  test('a server token from the bootstrap variables is accepted', async () => {
    await server().app.call('GET', '/app');
  });

  test('extra claims do not matter', async () => {
    const { app } = server();
    const claims = { iat: now() - 5, iss: 'Stream Chat Java SDK', sub: 'Stream Chat Java SDK', scope: 'admins' };
    await app.call('GET', '/app', undefined, { token: app.serverToken(claims) });
  });

  test('stream-auth-type may be absent, and header names may be of any case', async () => {
    const { app } = server();
    const answer = await app.request('GET', '/app', undefined, {
      token: null,
      headers: { AUTHORIZATION: app.serverToken(), 'Stream-Auth-Type': 'jwt' },
    });
    assert.equal(answer.status, 200, answer.text);
  });

  test('unknown api_key: 2', () => refused(2, { key: 'nosuchkey000' }));
  test('no api_key: 2', () => refused(2, { key: null }));
  test('no token: 5', () => refused(5, { token: null }));
  test('garbled token: 5', () => refused(5, { token: 'not.a.token' }));
  test('empty token parts: 5', () => refused(5, { token: '..' }));

  test('wrong secret: 43', async () => {
    await refused(43, { token: sign({ server: true }, 'another-secret') });
  });

  test("another app's secret: 43", async () => {
    const other = await newApp();
    await refused(43, { token: other.serverToken() });
  });

  test('a changed payload under the old signature: 43', async () => {
    const { app } = server();
    const [head, , signature] = app.userToken('mara').split('.');
    const payload = Buffer.from('{"server":true}').toString('base64url');
    await refused(43, { token: `${head}.${payload}.${signature}` });
  });

  test('alg none and other algorithms are refused', async () => {
    const { app } = server();
    const none = sign({ server: true }, app.secret, { alg: 'none', typ: 'JWT' });
    const [head, payload] = none.split('.');
    for (const token of [none, `${head}.${payload}.`, sign({ server: true }, app.secret, { alg: 'HS512', typ: 'JWT' })]) {
      const answer = await app.request('GET', '/app', undefined, { token });
      assert.equal(answer.status, 401, token);
      assert.ok([5, 43].includes(answer.json.code), answer.text);
    }
  });

  test('expired: 40', () => refused(40, { token: server().app.serverToken({ exp: now() - 60 }) }));
  test('not yet valid: 41', () => refused(41, { token: server().app.serverToken({ nbf: now() + 3600 }) }));
  test('issued in the future: 42', () => refused(42, { token: server().app.serverToken({ iat: now() + 3600 }) }));

  test('a token that says nothing of whom it is for is a server\'s, as two official clients sign them', async () => {
    const { app } = server();
    for (const claims of [{}, { iat: now() - 5 }, { server: 'true' }, { hello: 1 }]) {
      await app.call('GET', '/app', undefined, { token: sign(claims, app.secret) });
    }
  });

  test('a token that is meant for a user but names none: 5', async () => {
    const { secret } = server().app;
    for (const claims of [{ role: 'admin' }, { call_cids: [] }, { channel_cids: ['a:b'] }, { user_id: '' },
      { user_id: 7 }, { server: true, user_id: '' }, { server: 1 }, { server: 'yes' }]) {
      await refused(5, { token: sign(claims, secret) });
    }
  });

  test('a token with a user_id is that user\'s, whatever else it says', async () => {
    const { app } = server();
    for (const claims of [{ server: true }, { server: 'true' }, { server: false }]) {
      await app.refuses(403, 17, 'GET', '/app', undefined, { token: sign({ user_id: 'mara', ...claims }, app.secret) });
    }
  });

  test('a token that needs an extension: 5', async () => {
    const { app } = server();
    const header = { alg: 'HS256', typ: 'JWT', crit: ['b64'], b64: false };
    await refused(5, { token: sign({ server: true }, app.secret, header) });
  });

  test('a socket with a good token: 501, its token being a parameter', async () => {
    const { app } = server();
    const connect = (token) => `/connect?json=%7B%7D&stream-auth-type=jwt&authorization=${token}`;
    const error = await app.refuses(501, 4, 'GET', connect(app.userToken('mara')), undefined, { token: null });
    assert.match(error.message, /Connect/);
    await app.refuses(401, 43, 'GET', connect(sign({ user_id: 'mara' }, 'wrong')), undefined, { token: null });
    await app.refuses(401, 5, 'GET', '/connect?json=%7B%7D', undefined, { token: null });
    await app.refuses(401, 5, 'GET', `/app?authorization=${app.serverToken()}`, undefined, { token: null });
  });

  test('rate limit headers are in lower case on the wire', async () => {
    const text = await rawExchange(server().origin, 'GET /app HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    for (const name of ['limit', 'remaining', 'reset']) assert.match(text, new RegExp(`\r\nx-ratelimit-${name}: \\d+\r\n`));
  });

  test('server:false does not make a server', async () => {
    const { app } = server();
    const answer = await app.request('PATCH', '/app', {}, { token: sign({ server: false }, app.secret) });
    assert.equal(answer.status, 401, answer.text);
  });

  test('a user whose tokens were revoked is refused; newer tokens are not', async () => {
    const app = await newApp();
    await app.channel('revoked', ['mara']);
    const old = app.userToken('mara', { iat: now() - 100 });
    const recent = app.userToken('mara', { iat: now() });
    await app.call('POST', '/channels/messaging/revoked/query', { state: true }, { token: old });
    await app.call('PATCH', '/users', {
      users: [{ id: 'mara', set: { revoke_tokens_issued_before: new Date((now() - 50) * 1000).toISOString() } }],
    });
    const answer = await app.request('POST', '/channels/messaging/revoked/query', { state: true }, { token: old });
    assert.equal(answer.status, 401, answer.text);
    await app.call('POST', '/channels/messaging/revoked/query', { state: true }, { token: recent });
  });

  test('an answer to a failed login has all fields of an error, and rate limit headers', async () => {
    const answer = await server().app.request('GET', '/app', undefined, { key: 'nosuchkey000' });
    assert.equal(typeof answer.json.message, 'string');
    assert.match(answer.json.duration, /^\d+(\.\d+)?(ns|µs|us|ms|s)$/);
    assert.match(answer.json.more_info, /^https?:\/\//);
    assert.ok(Array.isArray(answer.json.details));
    for (const name of ['limit', 'remaining', 'reset']) {
      assert.match(answer.headers[`x-ratelimit-${name}`] ?? '', /^\d+$/, name);
    }
  });
});

suite('an app that switches its signature checks off', ({ test, server, newApp }) => {
  const devToken = (claims) => `${sign(claims, 'any').split('.').slice(0, 2).join('.')}.devtoken`;

  test('takes development tokens, and says so in the log', async () => {
    const app = await newApp();
    const token = devToken({ user_id: 'mara' });
    await app.channel('dev', ['mara']);
    const read = (more) => app.request('POST', '/channels/messaging/dev/query', { state: true }, more);
    assert.equal((await read({ token })).json.code, 43);

    await app.call('PATCH', '/app', { disable_auth_checks: true });
    assert.equal((await read({ token })).status, 201);
    await server().logged(new RegExp(`app ${await app.id()}: disable_auth_checks is on`));
    // Nothing but the signature is left unchecked.
    assert.equal((await read({ token: devToken({ user_id: 'mara', exp: now() - 60 }) })).json.code, 40);
    assert.equal((await read({ token: devToken({ user_id: '' }) })).json.code, 5);
    assert.equal((await read({ token: 'devtoken' })).json.code, 5);
    assert.equal((await read({ token: devToken({ user_id: 'nobody' }) })).status, 403);

    await app.call('PATCH', '/app', { disable_auth_checks: false });
    assert.equal((await read({ token })).json.code, 43);
    assert.equal((await app.request('GET', '/app', undefined, { token: sign({}, 'wrong') })).json.code, 43);
  });

  test('is named in the log when the server starts', async () => {
    const app = await newApp();
    await app.call('PATCH', '/app', { disable_auth_checks: true });
    const id = await app.id();
    await server().stop();
    const before = server().log.length;
    await server().start();
    await server().logged(new RegExp(`app ${id}: disable_auth_checks is on`), { from: before });
  });
});

suite('API keys', ({ test, server, receiver, path, newApp }) => {
  test('every key of an app works; the oldest one signs', async () => {
    const app = await newApp();
    const id = await app.id();
    const added = await server().admin('POST', `/apps/${id}/keys`);
    assert.equal(added.status, 201, added.text);
    assert.match(added.json.key, /^[a-z0-9]{12}$/);
    assert.match(added.json.secret, /^[a-z0-9]{64}$/);
    assert.notEqual(added.json.key, app.key);

    const hook = receiver().url(path());
    await app.hook(hook, 'user.updated');
    const newest = { key: added.json.key, token: sign({ server: true }, added.json.secret) };
    await app.call('POST', '/users', { users: { mara: { id: 'mara' } } }, newest);
    const call = await receiver().waitForOne({ path: new URL(hook).pathname });
    app.assertSigned(call); // Names the first key and its secret, although the second one called.

    await app.refuses(401, 43, 'GET', '/app', undefined, { key: added.json.key });
  });

  test('a retired key is unknown, and the next one signs', async () => {
    const app = await newApp();
    const id = await app.id();
    const { key, secret } = (await server().admin('POST', `/apps/${id}/keys`)).json;
    const retired = await server().admin('DELETE', `/apps/${id}/keys/${app.key}`);
    assert.ok([200, 204].includes(retired.status), retired.text);
    await app.refuses(401, 2, 'GET', '/app');

    const listed = (await server().admin('GET', `/apps/${id}/keys`)).json.keys.map((entry) => entry.key);
    assert.ok(listed.includes(key), JSON.stringify(listed));

    const oldKey = app.key;
    [app.key, app.secret] = [key, secret];
    const hook = receiver().url(path());
    await app.hook(hook, 'user.updated');
    await app.users('mara');
    const call = await receiver().waitForOne({ path: new URL(hook).pathname });
    app.assertSigned(call);
    assert.notEqual(call.headers['x-api-key'], oldKey);
  });

  test('generated keys have the lengths that official tools insist on', async () => {
    const app = await newApp();
    assert.match(app.key, /^[a-z0-9]{12}$/);
    assert.match(app.secret, /^[a-z0-9]{64}$/);
  });
});

suite('admin API', ({ test, server, newApp }) => {
  test('needs its own token', async () => {
    const { app } = server();
    for (const authorization of [undefined, 'Bearer wrong', 'Bearer ', app.serverToken(), `Bearer ${app.serverToken()}`]) {
      const headers = authorization === undefined ? { authorization: '' } : { authorization };
      const answer = await server().admin('GET', '/apps', undefined, { headers });
      assert.equal(answer.status, 401, `${authorization}: ${answer.text}`);
      assert.ok(!answer.text.includes(app.key));
    }
  });

  test('lists apps with keys and no secrets', async () => {
    const app = await newApp();
    const { apps } = (await server().admin('GET', '/apps')).json;
    const id = await app.id();
    const listed = apps.find((entry) => entry.id === id);
    assert.equal(listed.use_hook_v2, true);
    assert.deepEqual(listed.keys.map((entry) => entry.key), [app.key]);
    assert.ok(!JSON.stringify(apps).includes(app.secret));
  });

  test('the bootstrap app exists once', async () => {
    const { apps } = (await server().admin('GET', '/apps')).json;
    const owners = apps.filter((entry) => entry.keys.some((key) => key.key === server().app.key));
    assert.equal(owners.length, 1);
  });

  test('unknown things are 404', async () => {
    for (const path of ['/deliveries/00000000-0000-4000-8000-000000000000', '/nothing']) {
      const answer = await server().admin('GET', path);
      assert.equal(answer.status, 404, answer.text);
    }
  });
});
