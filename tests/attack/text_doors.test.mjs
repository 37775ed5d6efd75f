// Bytes that are no text come in by every door: headers, paths, queries. What leaves is always
// JSON in UTF-8, which the strictest receiver can read.
import assert from 'node:assert/strict';
import { rawExchange, statusOf } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';

const kBroken = { byte: '\xff', half: '\xc3', surrogate: '\xed\xa0\x80', overlong: '\xc0\xaf', cut: 'a\xf0\x9f\x98' };

/** Decodes as strictly as Python does. */
function strict(bytes) {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

suite('text at the doors', ({ test, newApp, receiver, path }) => {
  const send = (app, line, headers = {}, body = '') =>
    rawExchange(
      app.server.origin,
      Buffer.from(
        `${line} HTTP/1.1\r\nHost: localhost\r\nauthorization: ${app.serverToken()}\r\nstream-auth-type: jwt\r\nConnection: close\r\n` +
          Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('') +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        'latin1',
      ),
    );
  const bodyOf = (answer) => Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1');

  test('headers that events and synchronous hooks carry', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const hook = path();
    const asked = path();
    await app.hook(receiver().url(hook), 'message.new');
    receiver().script(asked, { body: '{"message":{}}' });
    const patched = await app.request('PATCH', '/app', { before_message_send_hook_url: receiver().url(asked) });
    assert.equal(patched.status, 200, patched.text);
    const texts = Object.values(kBroken);
    for (const text of texts) {
      const answer = await send(
        app,
        `POST /channels/messaging/dock/message?api_key=${app.key}`,
        { 'x-stream-ext': text, 'User-Agent': `agent ${text}`, 'X-Stream-Client': `${text} sdk`, 'Content-Type': 'application/json' },
        '{"message":{"text":"x","user_id":"mara"}}',
      );
      assert.equal(statusOf(answer), 201, answer);
    }
    for (const where of [hook, asked]) {
      const requests = await receiver().waitFor({ path: where, count: texts.length });
      for (const request of requests) {
        const { request_info: info } = strict(request.plain);
        assert.match(info.ext, /\ufffd/);
        assert.match(info.user_agent, /^agent .*\ufffd/);
        assert.match(info.sdk, /\ufffd.* sdk$/);
      }
    }
  });

  test('paths and queries', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    for (const text of Object.values(kBroken)) {
      const escaped = [...Buffer.from(text, 'latin1')].map((byte) => `%${byte.toString(16)}`).join('');
      for (const target of [`/messages/${escaped}?`, `/channels/messaging/${escaped}/query?`, `/users/${escaped}/event?`, `/${escaped}?`,
        `/commands/${escaped}?`, `/channels/${escaped}/dock/query?`, `/messages/m/reactions?id_lt=${escaped}&`, `/users?payload=${escaped}&`]) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = await send(app, `${method} ${target}api_key=${app.key}`, {}, method === 'POST' ? '{"event":{"type":"x"},"data":{"created_by_id":"mara"}}' : '');
          assert.ok(statusOf(answer) >= 400 && statusOf(answer) < 502, `${method} ${target}: ${answer}`);
          assert.equal(typeof strict(bodyOf(answer)).message, 'string');
        }
      }
    }
  });
}, { concurrency: 2 });
