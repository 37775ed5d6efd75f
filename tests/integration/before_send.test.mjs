// The before-message-send hook: what it is asked, what it may change, and that its failures harm
// nobody (docs/contract/hooks.md#before-message-send, docs/contract/rulings.md#9).
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

const kAnswerBytesMax = 1 << 20;
/** The longest deadline that an app can set: where the answer must come in time, on the slowest machine too. */
const kLongestMs = 5000;
const answer = (message) => ({ body: JSON.stringify({ message }) });

suite('before-message-send', ({ test, server, newApp, receiver, path }) => {
  /** An app with a channel of mara and olaf, its before-send hook, and a push hook that sees all. */
  const setUp = async (...steps) => {
    const app = await newApp();
    const hook = path();
    const push = path();
    await app.channel('dock', ['mara', 'olaf'], { colour: 'red' });
    await app.hook(receiver().url(push), 'message.new', 'message.updated');
    await app.call('PATCH', '/app', {
      before_message_send_hook_url: receiver().script(hook, ...steps), before_message_send_hook_attempt_timeout_ms: kLongestMs,
    });
    const health = async () => {
      const { json } = await server().admin('GET', `/hooks?app_id=${await app.id()}`);
      return json.sync_hooks[0];
    };
    return { app, hook, push, health };
  };
  const pushed = async (app, push) => {
    await app.drained();
    return receiver().callsTo(push).map((call) => call.json);
  };

  test('is asked with the message, the user, the channel and the request', async () => {
    const { app, hook } = await setUp({ body: '' });
    await app.call('POST', '/channels/messaging/dock/message',
      { message: { text: 'card 4111', user_id: 'mara', priority: 'high' } },
      { headers: { 'x-stream-ext': 'device=1', 'x-stream-client': 'test-1', 'user-agent': 'tester' } });
    const [call] = receiver().callsTo(hook);
    app.assertSigned(call);
    assert.equal(call.attempt, 1);
    const { message, user, channel, request_info: info } = call.json;
    assert.equal(message.id, '');
    assert.equal(message.text, 'card 4111');
    assert.equal(message.html, '');
    assert.equal(message.type, 'regular');
    assert.equal(message.priority, 'high');
    assert.equal(message.reaction_counts, null);
    assert.deepEqual(message.attachments, []);
    assert.ok(!('created_at' in message));
    assert.equal(user.id, 'mara');
    assert.equal(user.name, 'Name of mara');
    assert.equal(channel.cid, 'messaging:dock');
    assert.equal(channel.config.name, 'messaging');
    assert.deepEqual(info, { type: 'server', ip: '127.0.0.1', user_agent: 'tester', sdk: 'test-1', ext: 'device=1' });
  });

  test('rewrites text, attachments and custom fields, and nothing else', async () => {
    const { app, push } = await setUp(answer({
      id: 'forged', user: { id: 'olaf' }, created_at: '2020-01-01T00:00:00Z', reply_count: 9, pinned: true,
      text: 'card ****', silent: true, score: 1.5, attachments: [{ type: 'note', title: 'checked' }],
      i18n: { de_text: 'Karte ****' },
    }));
    const sent = await app.send('dock', { id: 'm1', text: 'card 4111', user_id: 'mara', kept: 'yes' });
    for (const message of [sent, (await app.call('GET', '/messages/m1')).message]) {
      assert.equal(message.id, 'm1');
      assert.equal(message.user.id, 'mara');
      assert.equal(message.text, 'card ****');
      assert.equal(message.html, '<p>card ****</p>\n');
      assert.equal(message.silent, true);
      assert.equal(message.pinned, false);
      assert.equal(message.reply_count, 0);
      assert.equal(message.kept, 'yes');
      assert.equal(message.score, 1.5);
      assert.deepEqual(message.attachments, [{ type: 'note', title: 'checked' }]);
      assert.deepEqual(message.i18n, { de_text: 'Karte ****' });
    }
    const [event] = await pushed(app, push);
    assert.equal(event.message.text, 'card ****');
  });

  test('discards: the sender is told, and there is no message', async () => {
    const { app, push } = await setUp(answer({ text: 'not here', type: 'error' }));
    const sent = await app.send('dock', { id: 'gone', text: 'a bad word', user_id: 'mara' });
    assert.equal(sent.type, 'error');
    assert.equal(sent.text, 'not here');
    await app.refuses(404, 16, 'GET', '/messages/gone');
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual(state.messages, []);
    assert.deepEqual(await pushed(app, push), []);
  });

  test('updates, whole and partial, are asked about too', async () => {
    const { app, hook, push } = await setUp({ body: '' }, answer({ text: 'edited and checked' }), answer({ type: 'error', text: 'no' }));
    await app.send('dock', { id: 'm', text: 'first', user_id: 'mara' });
    const updated = await app.call('POST', '/messages/m', { message: { text: 'edited', user_id: 'mara' } });
    assert.equal(updated.message.text, 'edited and checked');
    assert.equal(receiver().callsTo(hook)[1].json.message.id, 'm');
    const refused = await app.call('PUT', '/messages/m', { set: { text: 'worse' }, user_id: 'mara' });
    assert.equal(refused.message.type, 'error');
    assert.equal(refused.message.text, 'no');
    const { message } = await app.call('GET', '/messages/m');
    assert.equal(message.type, 'regular');
    assert.equal(message.text, 'edited and checked');
    assert.equal((await pushed(app, push)).length, 2);
  });

  const packed = (change) => ({
    headers: { 'content-encoding': 'gzip' },
    body: change(gzipSync(answer({ text: 'masked' }).body)),
  });

  test('a gzip answer is unpacked', async () => {
    const { app } = await setUp(packed((stream) => stream));
    assert.equal((await app.send('dock', { text: 'as sent', user_id: 'mara' })).text, 'masked');
  });

  const failures = {
    'a status of 500': [{ status: 500, ...answer({ text: 'x' }) }, 'status'],
    'a redirect': [{ status: 302, headers: { location: '/elsewhere' } }, 'status'],
    'an empty body': [{ body: '' }, 'empty_body'],
    'no JSON': [{ body: 'fine' }, 'bad_body'],
    'no message': [{ body: '{"text":"x"}' }, 'bad_body'],
    'a reset': [{ resetAfterBody: true }, 'reset'],
    'garbage': [{ garbage: 'SSH-2.0-nothing\r\n' }, 'http'],
    'a gzip stream that is cut off': [packed((stream) => stream.subarray(0, -4)), 'http'],
    'a gzip stream with a wrong checksum': [packed((stream) => ((stream[stream.length - 8] ^= 1), stream)), 'http'],
    'a gzip stream and more': [packed((stream) => Buffer.concat([stream, Buffer.from('{}')])), 'http'],
    'an endless answer': [{ endless: true }, 'too_large'],
    'an answer over the limit': [{ body: JSON.stringify({ message: { text: 'x'.repeat(kAnswerBytesMax) } }) }, 'too_large'],
    'attachments over the limit': [answer({ attachments: Array.from({ length: 31 }, () => ({})) }), 'bad_body'],
  };
  for (const [name, [step, result]] of Object.entries(failures)) {
    test(`fails open: ${name}`, async () => {
      const { app, health } = await setUp(step);
      const sent = await app.send('dock', { text: 'as sent', user_id: 'mara', kept: 1 });
      assert.equal(sent.text, 'as sent');
      assert.equal(sent.type, 'regular');
      assert.equal((await app.call('GET', `/messages/${sent.id}`)).message.kept, 1);
      assert.equal((await health()).counts[result], 1, JSON.stringify((await health()).counts));
    });
  }

  for (const [result, url] of Object.entries({
    dns: () => 'http://hook.invalid/',
    refused: () => 'http://127.0.0.1:9/',
    tls: () => receiver().url('/').replace('http:', 'https:'), // It speaks no TLS.
  })) {
    test(`fails open: ${result}`, async () => {
      const { app, health } = await setUp({ body: '' });
      await app.call('PATCH', '/app', { before_message_send_hook_url: url() });
      assert.equal((await app.send('dock', { text: 'as sent', user_id: 'mara' })).text, 'as sent');
      assert.equal((await health()).counts[result], 1, JSON.stringify((await health()).counts));
    });
  }

  for (const [name, step] of Object.entries({
    'no answer': { hang: true },
    'an answer a byte a second': { drip: true },
    'an answer after the deadline': { delayMs: 4000, ...answer({ text: 'too late' }) },
  })) {
    test(`fails open: ${name}`, async () => {
      const { app, health } = await setUp(step);
      await app.call('PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: 300 });
      const sent = await app.send('dock', { text: 'as sent', user_id: 'mara' });
      assert.equal(sent.text, 'as sent');
      assert.equal((await health()).counts.timeout, 1);
    });
  }

  test('nobody is asked about a change that its caller may not make', async () => {
    const { app, hook } = await setUp(answer({ text: 'card ****' }));
    for (const way of ['', '/truncate']) {
      await app.refuses(403, 17, 'POST', `/channels/messaging/dock${way}`, { message: { text: 'card 4111' } }, { as: 'olaf' });
    }
    await app.refuses(403, 17, 'POST', '/channels/messaging/dock', { add_members: ['olaf'], message: { text: 'x' } }, { as: 'olaf' });
    assert.deepEqual(receiver().callsTo(hook), []);
  });

  test('the default deadline is 1500 ms', async () => {
    const { app } = await setUp({ hang: true });
    await app.call('PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: 0 });
    const start = performance.now();
    await app.send('dock', { text: 'x', user_id: 'mara' });
    assert.ok(performance.now() - start >= 1490);
  });

  test('a hook that cannot be reached is paused, costs nothing, and is resumed', async () => {
    const { app, hook, health } = await setUp({ resetAfterBody: true }, ...Array(8).fill({ resetBeforeBody: true }));
    // A reset is a failed connection only while connecting: point it at a port where nobody listens.
    await app.call('PATCH', '/app', { before_message_send_hook_url: 'http://127.0.0.1:9/closed' });
    for (let i = 0; i < 5; ++i) await app.send('dock', { text: `m${i}`, user_id: 'mara' });
    assert.equal((await health()).state, 'paused');
    await app.send('dock', { text: 'not asked', user_id: 'mara' });
    const { counts, history } = await health();
    assert.equal(counts.refused, 5);
    assert.equal(counts.paused, 1);
    assert.equal(history.at(-1).state, 'paused');
    assert.deepEqual(receiver().callsTo(hook), []);

    // Another URL is another server.
    const other = path();
    await app.call('PATCH', '/app', { before_message_send_hook_url: receiver().script(other, answer({ text: 'back' })) });
    assert.equal((await app.send('dock', { text: 'x', user_id: 'mara' })).text, 'back');
    assert.equal((await health()).state, 'healthy');
  });

  test('single failures among successes do not pause', async () => {
    const steps = Array.from({ length: 12 }, (_, i) => (i % 2 ? answer({ checked: true }) : { status: 500 }));
    const { app, health } = await setUp(...steps);
    for (let i = 0; i < 12; ++i) await app.send('dock', { text: `m${i}`, user_id: 'mara' });
    assert.equal((await health()).state, 'healthy');
    assert.equal((await health()).counts.answered, 6);
  });

  test('the connection is kept alive across calls', async () => {
    const { app, hook } = await setUp(answer({ checked: true }));
    for (let i = 0; i < 5; ++i) await app.send('dock', { text: `m${i}`, user_id: 'mara' });
    const sockets = new Set(receiver().callsTo(hook).map((call) => call.connection));
    assert.equal(sockets.size, 1);
  });

  test('a channel that is deleted while the hook thinks gives a clean error', async () => {
    let asked;
    let answered;
    const thinking = new Promise((resolve) => (asked = resolve));
    const until = new Promise((resolve) => (answered = resolve));
    const { app } = await setUp(() => {
      asked();
      return { until, ...answer({ text: 'late' }) };
    });
    const sending = app.request('POST', '/channels/messaging/dock/message', { message: { id: 'lost', text: 'x', user_id: 'mara' } });
    await thinking;
    await app.call('DELETE', '/channels/messaging/dock');
    answered();
    const refused = await sending;
    assert.equal(refused.status, 404, refused.text);
    assert.equal(refused.json.code, 16);
    await app.refuses(404, 16, 'GET', '/messages/lost');
  });

  test('two updates of one message keep their order', async () => {
    let calls = 0;
    let asked;
    const first = new Promise((resolve) => (asked = resolve));
    const { app } = await setUp(() => {
      calls += 1;
      if (calls === 2) asked();
      return { delayMs: calls === 2 ? 600 : 0, ...answer({ seen: calls }) };
    });
    await app.send('dock', { id: 'm', text: 'first', user_id: 'mara' });
    const slow = app.call('POST', '/messages/m', { message: { text: 'second', user_id: 'mara' } });
    await first;
    const quick = app.call('POST', '/messages/m', { message: { text: 'third', user_id: 'mara' } });
    await Promise.all([slow, quick]);
    assert.equal((await app.call('GET', '/messages/m')).message.text, 'third');
  });

  test('a thousand senders wait at once, and others are not held up', async () => {
    const { app } = await setUp({ hang: true });
    await app.call('PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: 1500 });
    const users = Array.from({ length: 1000 }, (_, i) => `sender-${i}`);
    for (let i = 0; i < users.length; i += 100) {
      const part = Object.fromEntries(users.slice(i, i + 100).map((id) => [id, { id }]));
      await app.call('POST', '/users', { users: part });
    }
    const other = await newApp();
    await other.channel('free', ['mara']);
    const waiting = users.map((id, i) => app.send('dock', { text: `m${i}`, user_id: id }));
    await eventually(() => receiver().calls.length >= 500, { what: 'hooks under way' });
    const quick = await other.send('free', { text: 'quick', user_id: 'mara' });
    assert.equal(quick.text, 'quick');
    const sent = await Promise.all(waiting);
    assert.ok(sent.every((message) => message.type === 'regular'));
  });

  for (const [name, step] of Object.entries({
    'a status of 500': { status: 500 },
    'no answer': { hang: true },
    'one bad field': answer({ text: 'card ****', silent: 'yes' }),
  })) {
    test(`an app may fail closed: ${name}`, async () => {
      const { app } = await setUp(step);
      await app.call('PATCH', '/app', { before_message_send_failure: 'refuse', before_message_send_hook_attempt_timeout_ms: 300 });
      assert.equal((await app.call('GET', '/app')).app.before_message_send_failure, 'refuse');
      const refused = await app.request('POST', '/channels/messaging/dock/message', { message: { id: 'm', text: 'card 4111', user_id: 'mara' } });
      assert.equal(refused.status, 503, refused.text);
      assert.equal(refused.json.code, 4);
      assert.match(refused.json.message, /message could not be moderated/);
      await app.refuses(404, 16, 'GET', '/messages/m');
      await app.refuses(400, 4, 'PATCH', '/app', { before_message_send_failure: 'perhaps' });
    });
  }

  test('an Idempotency-Key asks the hook once', async () => {
    const { app, hook } = await setUp(answer({ text: 'error', type: 'error' }));
    const send = () => app.call('POST', '/channels/messaging/dock/message', { message: { text: 'x', user_id: 'mara' } }, { headers: { 'idempotency-key': 'once' } });
    const [first, second] = [await send(), await send()];
    assert.deepEqual(second, first);
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('URLs and time-outs are validated, and an empty URL switches it off', async () => {
    const { app, hook } = await setUp(answer({ text: 'changed' }));
    await app.refuses(400, 4, 'PATCH', '/app', { before_message_send_hook_url: 'nowhere' });
    for (const ms of [-1, 5001]) {
      await app.refuses(400, 4, 'PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: ms });
    }
    await app.call('PATCH', '/app', { before_message_send_hook_url: '' });
    assert.equal((await app.send('dock', { text: 'x', user_id: 'mara' })).text, 'x');
    assert.deepEqual(receiver().callsTo(hook), []);
  });
});
