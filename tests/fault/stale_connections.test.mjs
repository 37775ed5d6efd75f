// Kept connections that die behind our back (a load balancer forgot them): the receiver is fine on
// new ones, and nothing that it would have answered is lost, delayed or asked twice as an attempt.
import assert from 'node:assert/strict';
import net from 'node:net';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

/** A receiver whose connections can be made stale: those open at that moment reset at the next call. */
async function staleReceiver(context, answer) {
  const receiver = { calls: [], connections: 0 };
  const sockets = new Set();
  const stale = new Set();
  const server = net.createServer((socket) => {
    ++receiver.connections;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (end < 0 || text.length < end + 4 + length) return;
      const call = text.slice(0, end + 4 + length);
      text = text.slice(call.length);
      if (stale.has(socket)) return socket.resetAndDestroy();
      receiver.calls.push({ attempt: Number(/x-webhook-attempt: *(\d+)/i.exec(call)?.[1] ?? 0) });
      // Slow enough for calls at once to need connections of their own.
      setTimeout(() => {
        if (socket.destroyed) return;
        if (answer.endsWith('half')) socket.end(answer);
        else socket.write(answer);
      }, 100);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${server.address().port}/`;
  receiver.makeStale = () => sockets.forEach((socket) => stale.add(socket));
  return receiver;
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const masked = '{"message":{"text":"masked"}}';

suite('stale connections', ({ test, server }) => {
  test('a burst of deliveries after the connections died: every first attempt succeeds', async (context) => {
    const receiver = await staleReceiver(context, ok);
    const app = await server().newApp();
    await app.channel('c1', ['mara']);
    await app.hook(receiver.url, 'message.new');
    const burst = (count) =>
      Promise.all(
        Array.from({ length: count }, () =>
          app.call('POST', '/channels/messaging/c1/message', { message: { text: 'x', user_id: 'mara' } }),
        ),
      );
    await burst(20);
    await eventually(() => receiver.calls.length >= 20, { what: 'the warm-up' });
    receiver.makeStale();
    await burst(10);
    await eventually(() => receiver.calls.length >= 30, { what: 'ten more calls' });
    assert.deepEqual([...new Set(receiver.calls.map((call) => call.attempt))], [1]);
  });

  test('a before-send hook on a connection that died is asked again within its deadline', async (context) => {
    const receiver = await staleReceiver(
      context,
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${masked.length}\r\n\r\n${masked}`,
    );
    const app = await server().newApp();
    await app.channel('c1', ['mara']);
    await app.call('PATCH', '/app', { before_message_send_hook_url: receiver.url, before_message_send_hook_attempt_timeout_ms: 5000 });
    const send = async () =>
      (await app.call('POST', '/channels/messaging/c1/message', { message: { text: 'card 4111', user_id: 'mara' } })).message.text;
    assert.equal(await send(), 'masked');
    receiver.makeStale();
    assert.equal(await send(), 'masked');
  });

  test('a push answered 200 whose body is cut is delivered', async (context) => {
    const receiver = await staleReceiver(context, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    const app = await server().newApp();
    await app.channel('c1', ['mara']);
    await app.hook(receiver.url, 'message.new');
    await app.call('POST', '/channels/messaging/c1/message', { message: { text: 'x', user_id: 'mara' } });
    await eventually(() => receiver.calls.length === 1, { what: 'the call' });
    await eventually(
      async () => {
        const [delivery] = await app.deliveries();
        return delivery.state === 'delivered';
      },
      { what: 'the delivery to be delivered' },
    );
  });
});
