// POST /check_push with an endpoint: one test call, what came of it (docs/contract/rulings.md#13).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('check_push', ({ test, newApp, receiver, path }) => {
  test('an object with webhook_url sends one signed test call', async () => {
    const app = await newApp();
    const hook = path();
    const answer = await app.call('POST', '/check_push', { webhook_url: receiver().url(hook) });
    assert.deepEqual(answer.general_errors, []);
    const [call] = receiver().callsTo(hook);
    app.assertSigned(call);
    assert.equal(call.json.type, 'webhook.test');
    assert.equal(call.attempt, 1);
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('a bare JSON string does the same', async () => {
    const app = await newApp();
    const hook = path();
    const answer = await app.call('POST', '/check_push', JSON.stringify(receiver().url(hook)));
    assert.deepEqual(answer.general_errors, []);
    app.assertSigned(receiver().callsTo(hook)[0]);
  });

  test('a failure is 201 with one entry that names it, and is not retried', async () => {
    const app = await newApp();
    const hook = path();
    for (const status of [500, 503, 404, 302]) {
      receiver().script(hook, { status, headers: { location: receiver().url('/never') } });
      const { general_errors: errors } = await app.call('POST', '/check_push', { webhook_url: receiver().url(hook) });
      assert.equal(errors.length, 1);
      assert.match(errors[0], new RegExp(`\\b${status}\\b`));
    }
    assert.equal(receiver().callsTo(hook).length, 4);
    assert.equal(receiver().callsTo('/never').length, 0);
  });

  test('nobody listening, and a reset, are named', async () => {
    const app = await newApp();
    const { general_errors: refused } = await app.call('POST', '/check_push', { webhook_url: 'http://127.0.0.1:1/' });
    assert.equal(refused.length, 1);
    assert.match(refused[0], /refused/i);
    const hook = path();
    receiver().script(hook, { resetAfterBody: true });
    const { general_errors: reset } = await app.call('POST', '/check_push', { webhook_url: receiver().url(hook) });
    assert.equal(reset.length, 1);
    assert.match(reset[0], /reset/i);
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('a hanging endpoint ends in a time-out', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { hang: true });
    const { general_errors: errors } = await app.call('POST', '/check_push', { webhook_url: receiver().url(hook) });
    assert.equal(errors.length, 1);
    assert.match(errors[0], /time.?out/i);
  });

  test('leaves no delivery behind', async () => {
    const app = await newApp();
    await app.call('POST', '/check_push', { webhook_url: receiver().url(path()) });
    assert.deepEqual(await app.deliveries(), []);
  });

  test('refuses what is no URL', async () => {
    const app = await newApp();
    for (const body of ['"nonsense"', '{"webhook_url":"nonsense"}', '{"webhook_url":7}', '{"webhook_url":"ftp://x.example/"}', '7', '[]']) {
      await app.refuses(400, 4, 'POST', '/check_push', body);
    }
  });

  test('without an endpoint it is the check of push settings', async () => {
    const app = await newApp();
    await app.channel('push', ['mara']);
    await app.send('push', { id: 'push-1', text: 'x', user_id: 'mara' });
    const answer = await app.call('POST', '/check_push', { user_id: 'mara', message_id: 'push-1', skip_devices: true });
    assert.equal(answer.rendered_message.message_id, 'push-1');
    assert.equal(answer.skip_devices, true);
  });
}, { concurrency: 4 });

suite('check_push outside development mode', ({ test, server }) => {
  test('does not tell what an internal name resolves to', async () => {
    const { app } = server();
    for (const url of ['https://localhost:1/', 'https://127.0.0.1:1/', 'https://[::1]:1/']) {
      const { general_errors: errors } = await app.call('POST', '/check_push', { webhook_url: url });
      assert.equal(errors.length, 1);
      assert.match(errors[0], /blocked/);
      assert.doesNotMatch(errors[0], /127\.0\.0\.1|::1/);
    }
  });
}, { server: { dev: false } });
