// What strangers and broken clients send. Every case: a clear 4xx, and a server that goes on.
import assert from 'node:assert/strict';
import net from 'node:net';
import { rawExchange, statusOf } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';
import { kPatienceMs, within } from '../harness/wait.mjs';

suite('bad input', ({ test, server, newApp }) => {
  let app;
  const target = '/channels/messaging/bad/message';
  const ready = async () => {
    if (!app) {
      app = await newApp();
      await app.channel('bad', ['mara']);
    }
    return app;
  };
  const alive = async () => assert.equal((await server().app.request('GET', '/app')).status, 200);
  const head = (method, path, headers = {}) => {
    const lines = Object.entries({ Host: 'localhost', authorization: app.serverToken(), 'stream-auth-type': 'jwt', ...headers });
    return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  };

  test('malformed JSON', async () => {
    await ready();
    const beside = (value) => `{"message":{"user_id":"mara","text":"x"},"a":${value}}`;
    await app.call('POST', target, beside('1'));
    for (const value of ['', '01', '+1', '.5', '1.', '1e', '0x1', 'NaN', 'Infinity', "'x'", '"\u0001"', '"\t"', '"\\x"', '"open',
      '[1,]', '{"b":1,}', '{b:1}', '{"b" 1}', '[1 2]', 'nul', 'True', '/* */1', '1}{', '\u0000']) {
      await app.refuses(400, 4, 'POST', target, beside(value));
    }
    for (const body of ['', '{', '}', 'null', 'true', '7', '"text"', '[]', `${beside(1)} trailing`, `${beside(1)}${beside(1)}`,
      `\ufeff${beside(1)}`.replace('{', '{{')]) {
      await app.refuses(400, 4, 'POST', target, body);
    }
    await alive();
  });

  test('deep JSON', async () => {
    await ready();
    for (const depth of [100, 10_000, 200_000]) {
      await app.refuses(400, 4, 'POST', target, `{"message":{"user_id":"mara","text":"x","deep":${'['.repeat(depth)}${']'.repeat(depth)}}}`);
      await app.refuses(400, 4, 'POST', target, '{"a":'.repeat(depth));
    }
    const filter = `${'{"$and":['.repeat(5000)}{}${']}'.repeat(5000)}`;
    await app.refuses(400, 4, 'POST', '/channels', `{"filter_conditions":${filter}}`);
    await alive();
  });

  test('text that is not UTF-8', async () => {
    await ready();
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from('{"message":{"user_id":"mara","text":"'), Buffer.from(bytes), Buffer.from('"}}')]);
      await app.refuses(400, 4, 'POST', target, body);
    }
    await alive();
  });

  test('wrong types everywhere', async () => {
    await ready();
    const wrong = [0, 'text', [], [1], true];
    const places = [
      ['POST', target, (value) => ({ message: value })],
      ['POST', '/users', (value) => ({ users: value })],
      ['PATCH', '/users', (value) => ({ users: value })],
      ['POST', '/channels/messaging/new/query', (value) => ({ data: value })],
      ['POST', '/channels', (value) => ({ filter_conditions: value })],
      ['POST', '/channels/messaging/bad/event', (value) => ({ event: value })],
    ];
    for (const [method, path, body] of places) {
      for (const value of wrong) {
        // An empty list is how PHP writes an empty object, and no conditions are met by all.
        if (path === '/channels' && Array.isArray(value) && value.length === 0) continue;
        await app.refuses(400, 4, method, path, body(value));
      }
    }
    for (const value of [0, [], {}, true]) {
      await app.refuses(400, 4, 'POST', target, { message: { text: 'x', user_id: value } });
      await app.refuses(400, 4, 'POST', target, { message: { text: 'x', user_id: 'mara', id: value } });
      await app.refuses(400, 4, 'POST', '/channels/messaging/bad/event', { event: { type: value, user_id: 'mara' } });
    }
    await alive();
  });

  test('a body that announces a gigabyte is refused before it is sent', async () => {
    await ready();
    const text = await rawExchange(
      server().origin,
      head('POST', `${target}?api_key=${app.key}`, { 'Content-Type': 'application/json', 'Content-Length': 1 << 30 }),
      { enough: (answer) => answer.includes('"code"') },
    );
    assert.equal(statusOf(text), 413, text);
    assert.match(text, /"code":\s*22/);
    await alive();
  });

  test('a chunked body without end is cut off', async () => {
    await ready();
    const { hostname, port } = new URL(server().origin);
    const socket = net.connect(Number(port), hostname);
    const kChunksAtMost = 2048; // 128 MiB: far more than any request may have.
    let sent = 0;
    let answer = '';
    const over = new Promise((resolve) => {
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('error', resolve);
      socket.on('close', resolve);
    });
    const block = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const pour = () => {
      while (sent < kChunksAtMost && !socket.destroyed && answer === '') {
        ++sent;
        if (!socket.write(block)) return socket.once('drain', pour);
      }
      socket.end();
    };
    socket.on('connect', () => {
      socket.write(head('POST', `${target}?api_key=${app.key}`, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }));
      pour();
    });
    await within(over, kPatienceMs, 'the end of the connection');
    assert.ok(sent < kChunksAtMost, 'the server took everything');
    // The reset that follows a refusal may overtake the answer; if one came, it says why.
    if (answer !== '') assert.equal(statusOf(answer), 413, answer);
    await alive();
  });

  test('path tricks', async () => {
    await ready();
    assert.equal((await app.request('GET', '//app')).status, 200);
    assert.equal((await app.request('GET', '///channeltypes')).status, 200);
    for (const path of [
      '/../app', '/./app', '/app/../users', '/%2e%2e/app', '/..%2fapp', '/%00', '/app%00', '/messages/%00', '/messages/%ff',
      '/messages/%zz', '/messages/%', '/messages/..%2f..%2fetc%2fpasswd', '/channels/messaging/..', '/channels/%2f/x/query',
      `/${'a'.repeat(4000)}`, `/messages/${'/'.repeat(200)}`, '/\\app', '/messages/a?b=%', '*',
    ]) {
      const answer = await app.request('GET', path);
      assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    await alive();
  });

  test('ids with every kind of character go and come back', async () => {
    await ready();
    for (const id of ['a b', 'a+b', 'a%2Fb', 'ü', '日本', 'a"b', "a'b", 'a;b', '😀', '..']) {
      const sent = await app.send('bad', { id, text: id, user_id: 'mara' });
      assert.equal(sent.id, id);
      const { message } = await app.call('GET', `/messages/${encodeURIComponent(id).replace(/^\.\.$/, '%2E%2E')}`);
      assert.equal(message.id, id);
    }
  });

  test('odd query strings', async () => {
    await ready();
    for (const query of ['&&&', '&=', '&a', '&payload=', '&limit=-1', '&limit=1e9', '&limit=99999999999999999999', '&x=%00']) {
      const answer = await app.request('GET', `/messages/none/replies?x=1${query}`);
      assert.ok(answer.status >= 400 && answer.status < 500, `${query}: ${answer.status} ${answer.text}`);
    }
    await alive();
  });

  test('headers that are too big', async () => {
    await ready();
    const text = await rawExchange(server().origin, head('GET', `/app?api_key=${app.key}`, { 'X-Big': 'b'.repeat(1 << 20) }));
    assert.equal(statusOf(text), 431, text.slice(0, 200));
    await alive();
  });

  test('what is not HTTP', async () => {
    await ready();
    for (const bytes of ['\r\n\r\n\r\n\r\n', 'hello\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00', 'GET /app HTTP/1.1\r\nHost : x\r\n\r\n',
      'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n', 'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
      'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x']) {
      const text = await rawExchange(server().origin, Buffer.from(bytes, 'latin1'), {
        enough: (answer) => answer.includes('\r\n\r\n'),
      });
      const status = statusOf(text);
      assert.ok(status === 0 || (status >= 400 && status < 500), `${JSON.stringify(bytes)}: ${text.slice(0, 200)}`);
    }
    await alive();
  });

  test('two lengths in one request do not smuggle a second one', async () => {
    await ready();
    const smuggled = head('GET', `/app?api_key=${app.key}`);
    const text = await rawExchange(
      server().origin,
      head('POST', `/users?api_key=${app.key}`, { 'Content-Length': 4, 'Transfer-Encoding': 'chunked' }) + `0\r\n\r\n${smuggled}`,
      { enough: (answer) => answer.includes('"duration"') || answer.includes('\r\n\r\n') },
    );
    assert.ok(!text.includes('"app"'), text);
    await alive();
  });

  test('a connection cut in the middle of a body changes nothing', async () => {
    await ready();
    const { hostname, port } = new URL(server().origin);
    for (let i = 0; i < 20; ++i) {
      const socket = net.connect(Number(port), hostname);
      const body = JSON.stringify({ message: { id: `cut-${i}`, text: 'x', user_id: 'mara' } });
      await within(
        new Promise((resolve) => {
          socket.on('error', () => {});
          socket.on('connect', () => {
            socket.write(head('POST', `${target}?api_key=${app.key}`, { 'Content-Length': body.length }) + body.slice(0, -5), () => socket.destroy());
          });
          socket.on('close', resolve);
        }), kPatienceMs, 'the connection to close');
    }
    await alive();
    await app.refuses(404, 16, 'GET', '/messages/cut-0');
  });

  test('unknown body fields are ignored, null is like absent', async () => {
    await ready();
    const message = await app.send('bad', { text: 'x', user_id: 'mara', attachments: null, mentioned_users: null, parent_id: null },
      { whatever: [1], skip_push: null });
    assert.deepEqual(message.attachments, []);
    assert.deepEqual(message.mentioned_users, []);
  });

  test('the content type may carry a charset, or be missing', async () => {
    await ready();
    const body = () => ({ users: { mara: { id: 'mara' } } });
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', '']) {
      await app.call('POST', '/users', body(), { headers: { 'content-type': type } });
    }
  });
});
