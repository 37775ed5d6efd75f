// Addresses inside, in every spelling: a webhook, a synchronous hook or a test call never opens a
// connection to one, whether the spelling is refused when it is saved or when it is used.
import assert from 'node:assert/strict';
import { startReceiver } from '../harness/receiver.mjs';
import { suite } from '../harness/suite.mjs';

/** Spellings of 127.0.0.1 and of its neighbours, of other private addresses, and of what means them. */
function spellings() {
  const hosts = [
    '127.0.0.1', '127.1', '127.0.1', '127.0.0.1.', '127.000.000.001', '127.255.255.254', '127.0.0.2', '2130706433', '2130706433.', '017700000001', '0x7f000001', '0X7F000001', '0x7f.1', '0x7f.0.0.1',
    '0x7f.0x0.0x0.0x1', '0177.0.0.1', '0177.0.0.01', '0177.1', '127.0x1', '127.0.01', '00000177.0.0.1', '0x0000007f000001', '4294967295', '0', '0.0.0.0', '0.0', '0x0', '00', '0.1.2.3', '256.0.0.1',
    '127.0.0.256', '4294967296', '6425673729', '127.0.0.1%00', '127.0.0.1%20', '127.0.0.1%2f', '127.0.0.1%23', '%31%32%37.0.0.1', '127%2e0%2e0%2e1', '%31%32%37%2e%31', '127.0.0.1%0d%0a', '127.0.0.1%09',
    '\u2460\u2461\u2466.0.0.1', '\uff11\uff12\uff17.0.0.1', '127\u30020\u30020\u30021', '127\uff0e0\uff0e0\uff0e1', '127\uff610\uff610\uff611', '\ud835\udfcf\ud835\udfd0\ud835\udfd5.0.0.1', '1\u00ad27.0.0.1', '127.0.0.1\u200b', '\u0661\u0662\u0667.0.0.1',
    'localhost', 'LOCALHOST', 'LocalHost', 'localhost.', 'local%68ost', 'localhost%00', '\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3', '\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54', 'localho\u017ft', 'x.localhost', 'ip6-localhost', 'localhost.localdomain',
    '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::0001]', '[0::1]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:7f00:0001]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::FFFF:127.0.0.1]', '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2002:7f00:0001::1]', '[2001:0:7f00:1::]', '[fe80::1]', '[fe80::1%25lo]', '[fe80::1%25eth0]', '[::1%25lo]', '[fc00::1]', '[fd00::1]', '[fec0::1]', '[ff02::1]', '[100::1]', '[2001:db8::1]', '[::1', '::1', '[::1]x', '[v1.127.0.0.1]',
    '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.254', '192.168.0.1', '192.168.1', '169.254.169.254', '169.254.1.1', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '169.254.43518', '[::ffff:169.254.169.254]', '[fd00:ec2::254]', '100.100.100.200', '168.63.129.16', '100.64.0.1',
    '198.18.0.1', '192.0.0.1', '192.0.2.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '0xffffffff', '192.88.99.1',
  ];
  return [...new Set(hosts)];
}

suite('no connection to what is inside', ({ test, server, newApp }) => {
  test('by any spelling of it, by any kind of hook', async (context) => {
    const inside = await startReceiver();
    context.after(() => inside.stop());
    const port = new URL(inside.origin).port;
    const forms = [
      (host) => `http://${host}:${port}/x`, (host) => `http://example.com@${host}:${port}/`, (host) => `http://a:b@${host}:${port}/`,
    ];
    const urls = spellings().flatMap((host, i) => [forms[0](host), forms[1 + (i % 2)](host)]);
    urls.push(
      `http://127.0.0.1:${port}#@example.com/`, `http://127.0.0.1:${port}?@example.com/`, `http://127.0.0.1:${port}\\@example.com/`, `http:\\\\127.0.0.1:${port}/`, `http:/127.0.0.1:${port}/`, `http:127.0.0.1:${port}/`,
      `//127.0.0.1:${port}/`, `HTTP://127.0.0.1:${port}/`, ` http://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/ `, `\thttp://127.0.0.1:${port}/`, `ht\ntp://127.0.0.1:${port}/`, `http://127.0.0.1:0${port}/`, `http://example.com:80@127.0.0.1:${port}/`,
      `http://example.com\r\nHost: 127.0.0.1:${port}/`, `file:///etc/passwd`, `gopher://127.0.0.1:${port}/_x`, `ftp://127.0.0.1:${port}/`, `dict://127.0.0.1:${port}/`, `unix:///tmp/x`, `ws://127.0.0.1:${port}/`, `data:,x`, `http+unix://%2ftmp%2fx/`, `https://127.0.0.1:${port}/`,
    );
    assert.ok(urls.length >= 250, `${urls.length} URLs`);
    const app = await newApp();
    await app.channel('dock', ['mara']);
    let saved = 0;
    for (const url of urls) {
      const check = await app.request('POST', '/check_push', { webhook_url: url });
      assert.ok([201, 400].includes(check.status), `${url}: ${check.text}`);
      if (check.status === 201) assert.equal(check.json.general_errors.length, 1, url);
      const hook = await app.request('PATCH', '/app', { event_hooks: [{ hook_type: 'webhook', enabled: true, webhook_url: url, event_types: ['message.new'] }] });
      assert.ok([200, 400].includes(hook.status), `${url}: ${hook.text}`);
      const sync = await app.request('PATCH', '/app', { before_message_send_hook_url: url, custom_action_handler_url: url });
      assert.ok([200, 400].includes(sync.status), `${url}: ${sync.text}`);
      if (hook.status === 400 && sync.status === 400) continue;
      ++saved;
      await app.send('dock', { text: 'x', user_id: 'mara' });
    }
    assert.ok(saved > 20, 'the test shows something');
    await app.hooks(); // What waits for a retry is cancelled.
    await app.drained();
    for (const delivery of await app.deliveries({ state: 'delivered' })) assert.fail(JSON.stringify(delivery));
    assert.equal(inside.connections, 0);
  });
}, { server: { dev: false, config: '[targets]\nallow_http = true\n' } });

suite('no connection by a detour', ({ test, newApp, receiver, path }) => {
  test('redirects lead nowhere, whatever asks', async (context) => {
    const inside = await startReceiver();
    context.after(() => inside.stop());
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    await app.call('PUT', '/channeltypes/messaging', { commands: ['ticket'] });
    for (const status of [301, 302, 303, 307, 308, 300, 305, 200]) {
      const headers = { location: inside.url('/'), refresh: `0; url=${inside.url('/')}`, link: `<${inside.url('/')}>; rel=preload`, 'alt-svc': `h2="127.0.0.1:${new URL(inside.origin).port}"`, 'content-location': inside.url('/') };
      const url = receiver().script(path(), { status, headers, body: `<meta http-equiv=refresh content="0;url=${inside.url('/')}">` });
      await app.hook(url, 'message.new');
      await app.call('PATCH', '/app', { before_message_send_hook_url: url, custom_action_handler_url: url });
      await app.call('POST', '/check_push', { webhook_url: url });
      await app.send('dock', { text: 'x', user_id: 'mara' });
      await app.send('dock', { text: '/ticket x', user_id: 'mara' });
      await app.drained();
    }
    assert.equal(inside.connections, 0);
  });

  test('what a message names is not fetched', async (context) => {
    const inside = await startReceiver();
    context.after(() => inside.stop());
    const app = await newApp();
    await app.channel('dock', ['mara'], { image: inside.url('/i') });
    const url = inside.url('/x.png');
    await app.call('PATCH', '/users', { users: [{ id: 'mara', set: { image: url } }] });
    await app.send('dock', { text: `see ${url}`, user_id: 'mara', attachments: [{ type: 'image', image_url: url, thumb_url: url, og_scrape_url: url, asset_url: url }] });
    await app.send('dock', { text: `/giphy ${url}`, user_id: 'mara' });
    await app.drained();
    assert.equal(inside.connections, 0);
  });
});
