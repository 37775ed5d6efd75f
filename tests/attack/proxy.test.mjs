// Behind a proxy: a name that is public when it is judged and internal when the proxy looks it up.
// The proxy is never given a name, only the address that was judged.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after } from 'node:test';
import { startNameServer } from '../harness/dns.mjs';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

const kPublic = '8.8.8.8';
const kInternal = ['127.0.0.1', '169.254.169.254', '10.0.0.1'];
const kOk = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

let asked = 0;
const dns = await startNameServer((name, first) => {
  if (name.startsWith('stays.')) return kPublic;
  if (!name.endsWith('.rebinds.test')) return null;
  if (!first) return kPublic;
  return asked++ % 2 === 0 ? kPublic : kInternal[(asked >> 1) % kInternal.length];
});

/** Opens every tunnel and plays the target, plain http or (as far as its greeting) TLS. */
async function startProxy() {
  const proxy = { tunnels: [], requests: [], greetings: [] };
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let tunnel = false;
    let seen = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      const text = seen.toString('latin1');
      if (!tunnel && seen[0] === 5) {
        // SOCKS5: a greeting of three bytes or more, then the request.
        if (!socket.greeted) {
          socket.greeted = true;
          seen = Buffer.alloc(0);
          socket.write(Buffer.from([5, 0]));
          return;
        }
        const kind = seen[3];
        proxy.tunnels.push(kind === 1 ? `${[...seen.subarray(4, 8)].join('.')}:${seen.readUInt16BE(8)}` : `kind ${kind}`);
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        tunnel = true;
        seen = Buffer.alloc(0);
        return;
      }
      if (tunnel && seen[0] === 22) {
        proxy.greetings.push(text);
        socket.destroy();
        return;
      }
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (end < 0 || seen.length < end + 4 + length) return;
      seen = Buffer.alloc(0);
      if (!tunnel && text.startsWith('CONNECT ')) {
        tunnel = true;
        proxy.tunnels.push(text.split(' ')[1]);
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        return;
      }
      proxy.requests.push({ tunnel, line: text.split('\r\n')[0], host: /\r\nhost: *(\S+)/i.exec(text)[1] });
      socket.write(kOk);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.address = `127.0.0.1:${server.address().port}`;
  proxy.stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return proxy;
}

const http = await startProxy();
const socks = await startProxy();
after(async () => {
  http.stop();
  socks.stop();
  await dns.stop();
});

for (const [kind, proxy] of [['http', http], ['socks5h', socks]]) {
  suite(`rebinding through a proxy (${kind})`, ({ test, newApp }) => {
    test('only the address that was judged is ever asked for', async () => {
      const app = await newApp();
      await app.channel('dock', ['mara']);
      await app.hooks(...Array.from({ length: 30 }, (_, i) => ({
        webhook_url: `http://h${i}.rebinds.test/${i}`, event_types: ['message.new'],
      })));
      for (let i = 0; i < 3; ++i) await app.send('dock', { text: 'x', user_id: 'mara' });
      await app.drained();
      assert.ok(proxy.tunnels.length > 0);
      assert.deepEqual([...new Set(proxy.tunnels)], [`${kPublic}:80`]);
      assert.ok(proxy.requests.length > 0);
      for (const request of proxy.requests) {
        assert.ok(request.tunnel, request.line);
        assert.match(request.line, /^POST \/\d+ HTTP\/1\.1$/);
        assert.match(request.host, /^h\d+\.rebinds\.test$/);
      }
    });

    test('the name is told in TLS', async () => {
      const app = await newApp();
      await app.channel('dock', ['mara']);
      await app.hook('https://stays.public.test/', 'message.new');
      await app.send('dock', { text: 'x', user_id: 'mara' });
      await eventually(() => proxy.greetings.length > 0, { what: 'a TLS greeting' });
      assert.ok(proxy.greetings[0].includes('stays.public.test'));
      assert.ok(proxy.tunnels.includes(`${kPublic}:443`));
    });
  }, {
    server: {
      dev: false,
      env: {
        HOOKLINE_RESOLVER_SERVERS: dns.text,
        HOOKLINE_EGRESS_PROXY: `${kind}://${proxy.address}`,
        HOOKLINE_TARGETS_ALLOW_HTTP: 'true',
      },
    },
  });
}
