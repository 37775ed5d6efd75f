// What an operator's configuration changes: limits, proxies, targets (docs/configuration.md).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('rate limits', ({ test, newApp }) => {
  test('are counted per app and operation, and truthful', async () => {
    // Counts start anew with each minute: four requests of one minute are looked at.
    let app;
    let answers;
    do {
      app = await newApp();
      answers = [];
      for (let i = 0; i < 4; ++i) answers.push(await app.request('GET', '/app'));
    } while (new Set(answers.map(({ headers }) => headers['x-ratelimit-reset'])).size > 1);
    const refused = answers.pop();
    for (const { status, headers } of answers) {
      assert.equal(status, 200);
      assert.equal(headers['x-ratelimit-limit'], '3');
    }
    assert.deepEqual(answers.map(({ headers }) => headers['x-ratelimit-remaining']), ['2', '1', '0']);
    assert.equal(refused.status, 429, refused.text);
    assert.equal(refused.json.code, 9);
    assert.equal(refused.headers['x-ratelimit-remaining'], '0');
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 60);
    await (await newApp()).call('GET', '/app');
    await app.call('PATCH', '/app', {});
  });
}, { server: { config: '[limits]\nrequests_per_minute = 3\n' } });

suite('body limit', ({ test, newApp }) => {
  test('a body over the limit is 413, one below is served', async () => {
    const app = await newApp();
    await app.call('POST', '/users', { users: { mara: { id: 'mara', pad: 'x'.repeat(4500) }, olaf: { id: 'olaf', pad: 'x'.repeat(4500) } } });
    for (const size of [10_001, 20_000, 200_000]) {
      const body = JSON.stringify({ users: { mara: { id: 'mara', pad: 'x'.repeat(size) } } });
      await app.refuses(413, 22, 'POST', '/users', body);
    }
    await app.call('GET', '/app');
  });
}, { server: { config: '[limits]\nbody_bytes = 10000\n' } });

suite('trusted proxies', ({ test, newApp, receiver, path }) => {
  test('the address that they forward is the client', async () => {
    const app = await newApp();
    await app.channel('proxy', ['mara']);
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');
    for (const [forwarded, ip] of [['203.0.113.9', '203.0.113.9'], ['6.6.6.6, 203.0.113.9', '203.0.113.9'], ['203.0.113.9, 127.0.0.1', '203.0.113.9']]) {
      await app.call('POST', '/channels/messaging/proxy/message', { message: { id: forwarded, text: 'x', user_id: 'mara' } },
        { headers: { 'X-Forwarded-For': forwarded } });
      const call = await receiver().waitForOne({ path: hook, match: (each) => each.json.message_id === forwarded });
      assert.equal(call.json.request_info.ip, ip);
    }
  });
}, { server: { config: 'trusted_proxies = ["127.0.0.1"]\n' } });

suite('no trusted proxies', ({ test, newApp, receiver, path }) => {
  test('a forwarded address is not believed', async () => {
    const app = await newApp();
    await app.channel('proxy', ['mara']);
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');
    await app.call('POST', '/channels/messaging/proxy/message', { message: { text: 'x', user_id: 'mara' } },
      { headers: { 'X-Forwarded-For': '203.0.113.9' } });
    assert.equal((await receiver().waitForOne({ path: hook })).json.request_info.ip, '127.0.0.1');
  });
});

suite('targets outside development mode', ({ test, server, receiver, path }) => {
  test('named subnets and plain http are let through', async () => {
    const { app } = server();
    const hook = path();
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    app.assertSigned(await receiver().waitForOne({ path: hook }));
  });
}, { server: { dev: false, config: '[targets]\nallow_http = true\nallow = ["127.0.0.0/8"]\n' } });

suite('forbidden targets', ({ test, server, receiver, path }) => {
  test('odd spellings of a private address are not connected to', async () => {
    const { app } = server();
    const port = new URL(receiver().origin).port;
    const hosts = ['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '127.0.0.1.'];
    const connections = receiver().connections;
    const urls = hosts.map((host) => `http://${host}:${port}${path()}`);
    for (const url of urls) {
      // Refusing to save it is as good as refusing to call it.
      const saved = await app.request('PATCH', '/app', {
        event_hooks: [{ hook_type: 'webhook', enabled: true, webhook_url: url, event_types: ['user.updated'] }],
      });
      assert.ok([200, 400].includes(saved.status), saved.text);
      if (saved.status === 400) continue;
      await app.users('mara');
      await app.drained();
    }
    for (const delivery of await app.deliveries()) assert.notEqual(delivery.state, 'delivered');
    const { general_errors: errors } = await app.call('POST', '/check_push', { webhook_url: receiver().url('/check') });
    assert.equal(errors.length, 1);
    assert.equal(receiver().connections, connections);
  });
}, { server: { dev: false, config: '[targets]\nallow_http = true\n' } });
