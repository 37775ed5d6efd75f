// Requests whose end two readers could see in different places, and requests that come byte by byte: each
// is one request, or it is refused and the connection closed, so that nothing after it is taken for one.
import assert from 'node:assert/strict';
import net from 'node:net';
import { rawExchange, statusOf } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';
import { kPatienceMs, within } from '../harness/wait.mjs';

suite('where a request ends', ({ test, server, newApp }) => {
  let app;
  const prepare = async () => {
    if (app) return;
    app = await newApp();
    await app.channel('dock', ['mara']);
  };
  const target = () => `/channels/messaging/dock/message?api_key=${app.key}`;
  const line = (name, value) => `${name}: ${value}\r\n`;
  const head = (more, method = 'POST', path = target()) =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${line('authorization', app.serverToken())}stream-auth-type: jwt\r\n${more}\r\n`;
  const message = (id) => JSON.stringify({ message: { id, text: 'x', user_id: 'mara' } });
  const hidden = (id) => head(line('Content-Length', message(id).length)) + message(id);
  const stored = async (id) => (await app.request('GET', `/messages/${id}`)).status === 200;

  test('two lengths, or a doubtful one, hide no second request', async () => {
    await prepare();
    let n = 0;
    const body = '{}';
    const chunked = '2\r\n{}\r\n0\r\n\r\n';
    const framings = [
      ['Content-Length: 2, 2\r\n', body], ['Content-Length: 2,2\r\n', body], ['Content-Length: 2, 0\r\n', body], ['Content-Length: +2\r\n', body],
      ['Content-Length: -2\r\n', body], ['Content-Length: 0x2\r\n', body], ['Content-Length: 2.0\r\n', body], ['Content-Length: 2 2\r\n', body],
      ['Content-Length: \r\n', body], ['Content-Length: two\r\n', body], ['Content-Length: 99999999999999999999\r\n', body],
      ['Content-Length: 2\r\nContent-Length: 2\r\n', body], ['Content-Length: 2\r\nContent-Length: 0\r\n', body], ['Content-Length: 0\r\nContent-Length: 2\r\n', body],
      ['Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', chunked], ['Transfer-Encoding: chunked\r\nContent-Length: 2\r\n', chunked],
      ['Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', chunked], ['Transfer-Encoding: identity, chunked\r\n', chunked],
      ['Transfer-Encoding: chunked, identity\r\n', chunked], ['Transfer-Encoding: identity\r\nContent-Length: 2\r\n', body], ['Transfer-Encoding: xchunked\r\n', chunked],
      ['Transfer-Encoding: chunked, chunked\r\n', chunked], ['Transfer-Encoding: gzip, chunked\r\n', chunked], ['Transfer-Encoding: "chunked"\r\n', chunked],
      ['Transfer-Encoding: \x0bchunked\r\n', chunked], ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', chunked],
      ['Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', chunked], ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunked],
      ['Transfer-Encoding : chunked\r\n', chunked], ['Content-Length : 2\r\n', body], ['Content-Length\r\n: 2\r\n', body],
      ['X-A: b\r\n Content-Length: 0\r\nContent-Length: 2\r\n', body], ['X-A: b\r\n\tfolded\r\nContent-Length: 2\r\n', body], ['Content-Length:\r\n 2\r\n', body],
      ['Transfer-Encoding:\r\n chunked\r\n', chunked], [' X-First: folded\r\nContent-Length: 2\r\n', body], ['X-Nul: a\0b\r\nContent-Length: 2\r\n', body],
      ['Transfer-Encoding: chunked\r\n', '2;\n{}\r\n0\r\n\r\n'], ['Transfer-Encoding: chunked\r\n', 'fffffffffffffffe\r\n{}\r\n0\r\n\r\n'], ['Transfer-Encoding: chunked\r\n', '-2\r\n{}\r\n0\r\n\r\n'],
      ['Transfer-Encoding: chunked\r\n', '0x2\r\n{}\r\n0\r\n\r\n'], ['Transfer-Encoding: chunked\r\n', '2\r\n{}X\r\n0\r\n\r\n'], ['Transfer-Encoding: chunked\r\n', ' 2\r\n{}\r\n0\r\n\r\n'],
    ];
    for (const [framing, sent] of framings) {
      const id = `hidden-${++n}`;
      const text = await rawExchange(server().origin, Buffer.from(head(framing) + sent + hidden(id), 'latin1'), {
        // Closed, or two answers: what comes first.
        enough: (answer) => (answer.match(/HTTP\/1\.1 /g) ?? []).length > 1,
      });
      assert.ok([400, 413].includes(statusOf(text)), `${JSON.stringify(framing + sent)}: ${text.slice(0, 300)}`);
      assert.equal((text.match(/HTTP\/1\.1 /g) ?? []).length, 1, `${JSON.stringify(framing)}: ${text}`);
      assert.equal(await stored(id), false, framing);
    }
  });

  test('a second request is served as one only after a first that has one end', async () => {
    await prepare();
    for (const [framing, sent] of [[line('Content-Length', message('a1').length), message('a1')],
      ['Transfer-Encoding: chunked\r\n', `${message('a2').length.toString(16)}\r\n${message('a2')}\r\n0\r\n\r\n`],
      ['Transfer-Encoding: CHUNKED\r\n', `${message('a3').length.toString(16).toUpperCase()};ext="x"\r\n${message('a3')}\r\n0\r\nX-Trailer: y\r\n\r\n`]]) {
      const text = await rawExchange(server().origin, head(framing) + sent + head('Connection: close\r\n', 'GET', `/app?api_key=${app.key}`));
      assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ['201', '200'], text.slice(0, 500));
    }
    for (const id of ['a1', 'a2', 'a3']) assert.ok(await stored(id), id);
  });

  const byteByByte = async (text) => {
    const { hostname, port } = new URL(server().origin);
    const socket = net.connect({ port: Number(port), host: hostname, noDelay: true });
    let answer = '';
    const closed = new Promise((resolve) => socket.once('close', resolve).on('error', resolve));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    for (const byte of Buffer.from(text, 'latin1')) {
      if (socket.destroyed) break;
      // Each is in the kernel before the next one: most are read alone.
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    }
    await within(closed, kPatienceMs, () => `the end of the connection: ${answer}`);
    return answer;
  };

  test('byte by byte, a request is what it is at once', async () => {
    await prepare();
    let n = 0;
    const close = 'Connection: close\r\n';
    const chunkings = (text) => [
      `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
      `${text.length.toString(16)};a=b;c="d"\r\n${text}\r\n000\r\n\r\n`,
      `${text.length.toString(16)}\r\n${text}\r\n0;last\r\nX-Trailer: y\r\n\r\n`,
      `${[...text].map((character) => `1\r\n${character}\r\n`).join('')}0\r\n\r\n`,
    ];
    for (let form = 0; form < 4; ++form) {
      const id = `b${++n}`;
      const answer = await byteByByte(head(`Transfer-Encoding: chunked\r\n${close}`) + chunkings(message(id))[form]);
      assert.equal(statusOf(answer), 201, answer);
      assert.ok(await stored(id));
    }
    const id = `b${++n}`;
    assert.equal(statusOf(await byteByByte(head(line('Content-Length', message(id).length) + close) + message(id))), 201);
    assert.equal(statusOf(await byteByByte(head(close, 'GET', `/app?api_key=${app.key}`))), 200);
    assert.equal(statusOf(await byteByByte(head(`Transfer-Encoding: chunked\r\n${close}`) + '0\r\n\r\n')), 400);
    assert.equal(statusOf(await byteByByte(head(`Transfer-Encoding: chunked\r\n${close}`) + '2\r\n{}\r\nX\r\n')), 400);
    assert.equal(statusOf(await byteByByte('nonsense\r\n\r\n')), 400);
    await app.call('GET', '/app');
  });

  test('cut at every place in two, a chunked request is one', async () => {
    await prepare();
    const { hostname, port } = new URL(server().origin);
    const text = head('Transfer-Encoding: chunked\r\nConnection: close\r\n', 'POST', `/users?api_key=${app.key}`) +
      '19\r\n{"users":{"o":{"id":"o"}}\r\n1\r\n}\r\n0\r\nX-T: y\r\n\r\n';
    const from = text.indexOf('\r\n\r\n');
    for (let at = from; at < text.length; ++at) {
      const socket = net.connect({ port: Number(port), host: hostname, noDelay: true });
      let answer = '';
      const closed = new Promise((resolve) => socket.once('close', resolve).on('error', resolve));
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      await new Promise((resolve) => socket.write(text.slice(0, at), resolve));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(text.slice(at));
      await within(closed, kPatienceMs, () => `the end of the connection: ${answer}`);
      assert.equal(statusOf(answer), 201, `cut at ${at - from}: ${answer}`);
    }
  });
}, { concurrency: 1 });
