// Tokens that are almost right. None opens anything, on a route of servers or of users.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, createSign } from 'node:crypto';
import { suite } from '../harness/suite.mjs';
import { sign } from '../harness/token.mjs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const kHeader = { alg: 'HS256', typ: 'JWT' };

/** Signs with another hash. */
const signWith = (hash, claims, secret, header) => {
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
};

suite('tokens that are almost right', ({ test, newApp }) => {
  test('open nothing', async () => {
    const [app, other] = [await newApp(), await newApp()];
    for (const each of [app, other]) await each.channel('dock', ['mara']);
    const server = app.serverToken();
    const [head, payload, signature] = server.split('.');
    const raw = Buffer.from(signature, 'base64url');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const rsaBody = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ server: true })}`;
    const rs256 = `${rsaBody}.${createSign('RSA-SHA256').update(rsaBody).sign(privateKey).toString('base64url')}`;
    const claims = { server: true };
    const tricks = {
      empty: '', 'a blank': ' ', dots: '..', 'one dot': '.', words: 'token', null: 'null', undefined: 'undefined', basic: `Basic ${encode('a:b')}`,
      'no signature': `${head}.${payload}.`, 'two parts': `${head}.${payload}`, 'four parts': `${server}.x`, 'five parts': `${server}.${payload}.${signature}`,
      'a cut signature': server.slice(0, -4), 'half a signature': `${head}.${payload}.${signature.slice(0, 20)}`, 'one byte of it': `${head}.${payload}.${signature.slice(0, 2)}`,
      'a longer signature': `${server}AAAA`, 'the signature twice': `${head}.${payload}.${signature}${signature}`,
      'a flipped bit': `${head}.${payload}.${Buffer.concat([Buffer.of(raw[0] ^ 1), raw.subarray(1)]).toString('base64url')}`,
      'zeros': `${head}.${payload}.${Buffer.alloc(32).toString('base64url')}`, 'the signature in hex': `${head}.${payload}.${raw.toString('hex')}`,
      'another head': `${encode({ ...kHeader, x: 1 })}.${payload}.${signature}`, 'another payload': `${head}.${encode({ server: true, x: 1 })}.${signature}`,
      'the payload of a user': `${head}.${encode({ user_id: 'mara' })}.${signature}`, 'the parts in another order': `${payload}.${head}.${signature}`,
      'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`, 'alg None': `${encode({ alg: 'None' })}.${payload}.`, 'alg nOnE': `${encode({ alg: 'nOnE' })}.${payload}.${signature}`,
      'alg none, signed': sign(claims, app.secret, { alg: 'none' }), 'no alg': sign(claims, app.secret, { typ: 'JWT' }), 'an empty alg': sign(claims, app.secret, { alg: '' }),
      'alg null': sign(claims, app.secret, { alg: null }), 'alg 1': sign(claims, app.secret, { alg: 1 }), 'alg a list': sign(claims, app.secret, { alg: ['HS256'] }), 'alg hs256': sign(claims, app.secret, { alg: 'hs256' }),
      HS384: signWith('sha384', claims, app.secret, { alg: 'HS384', typ: 'JWT' }), HS512: signWith('sha512', claims, app.secret, { alg: 'HS512', typ: 'JWT' }),
      'HS512 called HS256': signWith('sha512', claims, app.secret, kHeader), 'HS1': signWith('sha1', claims, app.secret, { alg: 'HS1' }), 'md5 called HS256': signWith('md5', claims, app.secret, kHeader),
      RS256: rs256, 'RS256 called HS256': `${encode(kHeader)}.${rs256.split('.').slice(1).join('.')}`, 'signed with a public key': sign(claims, pem), ES256: sign(claims, app.secret, { alg: 'ES256' }),
      'no secret': sign(claims, ''), 'the key as the secret': sign(claims, app.key), "another app's secret": other.serverToken(), 'the secret in capitals': sign(claims, app.secret.toUpperCase()),
      'the secret in hex': sign(claims, Buffer.from(app.secret).toString('hex')), 'the secret decoded': sign(claims, Buffer.from(app.secret, 'base64')), 'the secret cut': sign(claims, app.secret.slice(0, -1)), 'the secret and a zero': sign(claims, `${app.secret}\0`),
      'a key id': sign(claims, 'x', { ...kHeader, kid: app.key }), 'a key id that is a path': sign(claims, '', { ...kHeader, kid: '/dev/null' }), 'a key of its own': sign(claims, 'x', { ...kHeader, jwk: { kty: 'oct', k: encode('x') } }),
      'a key elsewhere': sign(claims, 'x', { ...kHeader, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }), 'crit b64': sign(claims, app.secret, { ...kHeader, crit: ['b64'], b64: false }),
      'crit exp': sign(claims, app.secret, { ...kHeader, crit: ['exp'] }), 'an empty crit': sign(claims, app.secret, { ...kHeader, crit: [] }), 'crit a word': sign(claims, app.secret, { ...kHeader, crit: 'x' }), 'zip': sign(claims, app.secret, { ...kHeader, zip: 'DEF', crit: ['zip'] }),
      expired: app.serverToken({ exp: now() - 60 }), 'expired long ago': app.serverToken({ exp: 1 }), 'exp 0': app.serverToken({ exp: 0 }), 'exp -1': app.serverToken({ exp: -1 }), 'exp a word': app.serverToken({ exp: 'never' }), 'exp a number in words': app.serverToken({ exp: `${now() + 60}` }),
      'exp a list': app.serverToken({ exp: [now() + 60] }), 'exp true': app.serverToken({ exp: true }),
      'not yet': app.serverToken({ nbf: now() + 3600 }), 'nbf a word': app.serverToken({ nbf: 'now' }), 'issued tomorrow': app.serverToken({ iat: now() + 86_400 }), 'iat a word': app.serverToken({ iat: 'now' }), 'issued in 9999': app.serverToken({ iat: 253402300799 }),
      'server a number': sign({ server: 1 }, app.secret), 'server yes': sign({ server: 'yes' }, app.secret), 'server false': sign({ server: false }, app.secret), 'server null and a role': sign({ server: null, role: 'admin' }, app.secret), 'server a list': sign({ server: [true] }, app.secret),
      'only a role': sign({ role: 'admin' }, app.secret), 'user_id empty': sign({ user_id: '' }, app.secret), 'user_id a number': sign({ user_id: 7 }, app.secret), 'user_id a list': sign({ user_id: ['mara'] }, app.secret), 'user_id an object': sign({ user_id: { id: 'mara' } }, app.secret),
      'a payload that is a list': sign([claims], app.secret), 'a payload that is a word': sign('"server"', app.secret), 'a payload that is true': sign('true', app.secret), 'a payload that is no JSON': sign('{server:true}', app.secret), 'an empty payload': sign('', app.secret),
      'a payload in two pieces': sign('{"server":true}{"server":true}', app.secret), 'a head that is no JSON': `${encode('{')}.${payload}.${signature}`, 'a head that is a list': sign(claims, app.secret, ['HS256']),
      'blanks inside': `${head}. ${payload}.${signature}`, 'standard base64': `${head}.${payload}.${raw.toString('base64').replace(/[A-Za-z0-9]/, '+')}`, 'a megabyte': `${head}.${'A'.repeat(50_000)}.${signature}`,
      devtoken: `${head}.${payload}.devtoken`, 'a devtoken of a user': `${head}.${encode({ user_id: 'mara' })}.devtoken`, 'bytes': `${head}.${payload}.\xff\xfe`,
    };
    assert.ok(Object.keys(tricks).length >= 50);
    for (const [name, token] of Object.entries(tricks)) {
      for (const [method, path, body] of [['GET', '/app'], ['GET', '/api/v2/app'], ['POST', '/channels/messaging/dock/query', { state: true }]]) {
        const answer = await app.request(method, path, body, { token });
        assert.ok([401, 431].includes(answer.status), `${name}: ${method} ${path}: ${answer.status} ${answer.text}`);
        assert.ok(!answer.text.includes(app.secret) && answer.json?.app === undefined && answer.json?.channel === undefined, name);
      }
    }
    await app.call('GET', '/app'); // The right one still does.
  });

  test('two tokens, or a token in another place, are none', async () => {
    const app = await newApp();
    const token = app.serverToken();
    for (const [path, headers] of [
      [`/app?authorization=${token}`, {}], [`/app?token=${token}`, {}], [`/app?jwt=${token}&stream-auth-type=jwt`, {}],
      ['/app', { cookie: `authorization=${token}; token=${token}` }], ['/app', { 'x-authorization': token }], ['/app', { 'proxy-authorization': token }],
      ['/app', { 'stream-auth-type': 'anonymous' }], ['/app', { 'stream-auth-type': 'anonymous', authorization: 'x' }],
    ]) {
      const answer = await app.request('GET', path, undefined, { token: null, headers });
      assert.equal(answer.status, 401, `${path} ${JSON.stringify(headers)}: ${answer.text}`);
    }
  });

  test("a key of one app and a token of another open neither, in any combination of key and path", async () => {
    const [app, other] = [await newApp(), await newApp()];
    for (const [key, token] of [[app.key, other.serverToken()], [other.key, app.serverToken()], [`${app.key}&api_key=${other.key}`, app.serverToken()]]) {
      const query = key.includes('&') ? `/app?api_key=${key}` : `/app?api_key=${encodeURIComponent(key)}`;
      const answer = await app.request('GET', query, undefined, { key: null, token });
      if (key.includes('&') && answer.status === 200) assert.equal(answer.json.app.id, (await app.call('GET', '/app')).app.id);
      else assert.equal(answer.status, 401, answer.text);
    }
  });
}, { concurrency: 2 });
