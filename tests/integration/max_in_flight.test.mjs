// How many attempts of one hook are under way at once (docs/contract/hooks.md#configuration).
import assert from 'node:assert/strict';
import http from 'node:http';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

const kMessages = 12;
const kByDefault = 5;
/** No attempt is given up, and made again, while a busy machine gets round to answering it. */
const retry = { schedule: ['1h'], timeout_ms: 30_000 };

/** A receiver that answers when it is told to, and knows how many calls to a path are open at once. */
async function heldReceiver(context) {
  const paths = new Map();
  const at = (path) => {
    if (!paths.has(path)) paths.set(path, { open: [], most: 0, seen: 0 });
    return paths.get(path);
  };
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const path = at(request.url);
      path.open.push(response);
      ++path.seen;
      path.most = Math.max(path.most, path.open.length);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    at,
    opens: (path, count) => eventually(() => at(path).open.length === count,
      { what: () => `${count} open calls to ${path}; there are ${at(path).open.length}` }),
    answerOne: (path) => at(path).open.shift().end(),
  };
}

suite('max_in_flight', ({ test, newApp }) => {
  const setUp = async (receiver, ...hooks) => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.hooks(...hooks.map(({ path, ...more }) => ({
      id: path.slice(1), webhook_url: receiver.url(path), event_types: ['message.new'], retry, ...more,
    })));
    return app;
  };
  const sendAll = async (app) => {
    for (let i = 0; i < kMessages; ++i) await app.send('dock', { text: 'x', user_id: 'mara' });
  };

  test('is kept, for each hook by itself; without one the server\'s is', async (context) => {
    const receiver = await heldReceiver(context);
    const app = await setUp(receiver, { path: '/two', max_in_flight: 2 }, { path: '/many', max_in_flight: 50 }, { path: '/default' });
    const shown = (await app.call('GET', '/app')).app.event_hooks;
    assert.deepEqual(shown.map((hook) => hook.max_in_flight), [2, 50, undefined]);
    await sendAll(app);
    await receiver.opens('/two', 2);
    await receiver.opens('/many', kMessages);
    await receiver.opens('/default', kByDefault);
    // Each answer makes room for one more, until all have come.
    for (const [path, limit] of [['/two', 2], ['/default', kByDefault]]) {
      for (let left = kMessages; left > 0; --left) {
        await receiver.opens(path, Math.min(limit, left));
        receiver.answerOne(path);
      }
      assert.equal(receiver.at(path).most, limit);
      assert.equal(receiver.at(path).seen, kMessages);
    }
    for (let i = 0; i < kMessages; ++i) receiver.answerOne('/many');
    await app.drained();
  });

  test('a change holds for what waits', async (context) => {
    const receiver = await heldReceiver(context);
    const app = await setUp(receiver, { path: '/one', max_in_flight: 1 });
    await sendAll(app);
    await receiver.opens('/one', 1);
    await app.hooks({ id: 'one', webhook_url: receiver.url('/one'), event_types: ['message.new'], retry, max_in_flight: 3 });
    await receiver.opens('/one', 3);
    for (let left = kMessages; left > 0; --left) {
      await receiver.opens('/one', Math.min(3, left));
      receiver.answerOne('/one');
    }
    await app.drained();
    assert.equal(receiver.at('/one').most, 3);
    assert.equal(receiver.at('/one').seen, kMessages);
  });

  test('is a whole number from 1 to 1000', async (context) => {
    const receiver = await heldReceiver(context);
    const app = await setUp(receiver, { path: '/hook', max_in_flight: 1000 });
    for (const max_in_flight of [0, -1, 1001, 1.5, '2', true]) {
      const error = await app.refuses(400, 4, 'PATCH', '/app', {
        event_hooks: [{ id: 'hook', hook_type: 'webhook', webhook_url: receiver.url('/hook'), max_in_flight }],
      });
      assert.match(error.message, /max_in_flight must be/);
    }
    assert.equal((await app.call('GET', '/app')).app.event_hooks[0].max_in_flight, 1000);
  });
}, { server: { config: `[delivery]\nhook_concurrency = ${kByDefault}\n` } });
