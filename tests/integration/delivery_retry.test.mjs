// How a delivery is attempted again (docs/contract/rulings.md#5, #6, #23): counts, waits, what is
// never retried, and what remains of it. Waits are checked from below only.
import assert from 'node:assert/strict';
import { startReceiver } from '../harness/receiver.mjs';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';
import { eventually } from '../harness/wait.mjs';

/** A wait may look this much shorter because two clocks are rounded. */
const kClockGrainMs = 1;
/** Two clocks of the wall, or one over seconds, may differ by this much while the system sets its clock right. */
const kWallGrainMs = 50;

const gaps = (calls) => calls.slice(1).map((call, i) => call.startedAt - calls[i].answeredAt);

function assertGaps(calls, ...minimums) {
  const measured = gaps(calls);
  minimums.forEach((minimum, i) => {
    assert.ok(measured[i] >= minimum - kClockGrainMs, `wait ${i + 1} was ${measured[i]} ms, at least ${minimum} is due`);
  });
}

/**
 * As assertGaps, for attempts that the sender ended: only its own record tells when, for we see the
 * cut of a connection late.
 */
function assertLoggedGaps(delivery, ...minimums) {
  const log = delivery.attempts_log.map((entry) => ({ ...entry, start: Number(nanoseconds(entry.at) / 1000n) / 1000 }));
  minimums.forEach((minimum, i) => {
    const measured = log[i + 1].start - log[i].start - log[i].elapsed_ms;
    assert.ok(measured >= minimum - kWallGrainMs, `wait ${i + 1} was ${measured} ms, at least ${minimum} is due`);
  });
}

/** One delivery, attempted again and again: what holds over all its attempts. */
function assertSameDelivery(app, calls) {
  calls.forEach((call, i) => {
    app.assertSigned(call);
    assert.equal(call.id, calls[0].id);
    assert.equal(call.attempt, i + 1);
    assert.ok(call.raw.equals(calls[0].raw), 'the bytes differ between attempts');
  });
}

suite('retries', ({ test, newApp, receiver, path }) => {
  const deliverTo = async (target, state, ...steps) => {
    const app = await newApp();
    const hook = path();
    await app.hook(target.script(hook, ...steps), 'user.updated');
    await app.users('mara');
    const [first] = await app.deliveries();
    const delivery = await app.deliveryIn(first.id, state);
    const calls = target.callsTo(hook);
    return { app, hook, delivery, calls };
  };
  /** Scripts a hook, causes one event, waits for its end. */
  const deliver = (state, ...steps) => deliverTo(receiver(), state, ...steps);
  /**
   * The same with a receiver that no other test talks to, for resets: the server has no connection to
   * it that could be taken for a stale one, which would be one more try.
   */
  const deliverAlone = async (context, state, ...steps) => {
    const own = await startReceiver();
    context.after(() => own.stop());
    return deliverTo(own, state, ...steps);
  };

  test('500, 500, 200: three attempts of one delivery', async () => {
    const { app, delivery, calls } = await deliver('delivered', { status: 500 }, { status: 500 }, { status: 200 });
    assert.equal(calls.length, 3);
    assertSameDelivery(app, calls);
    assertGaps(calls, 500, 2000);
    assert.equal(delivery.id, calls[0].id);
    assert.equal(delivery.attempts, 3);
    assert.equal(delivery.event_type, 'user.updated');
    assert.deepEqual(delivery.attempts_log.map((entry) => entry.attempt), [1, 2, 3]);
    assert.deepEqual(delivery.attempts_log.map((entry) => entry.status), [500, 500, 200]);
    assert.deepEqual(delivery.payload, calls[0].json);
  });

  for (const status of [408, 429, 500, 502, 503, 504, 599]) {
    test(`${status} is retried up to three attempts, then dead`, async () => {
      const { app, delivery, calls } = await deliver('dead', { status });
      assert.equal(calls.length, 3);
      assertSameDelivery(app, calls);
      assertGaps(calls, 500, 2000);
      assert.equal(delivery.attempts, 3);
      assert.equal(delivery.last_status, status);
      const dead = (await app.server.admin('GET', `/dead_letters?app_id=${await app.id()}`)).json.deliveries;
      assert.deepEqual(dead.map((entry) => entry.id), [delivery.id]);
    });
  }

  for (const status of [400, 401, 403, 404, 405, 409, 413, 422, 451]) {
    test(`${status} is not retried and becomes a dead letter`, async () => {
      const { app, delivery, calls } = await deliver('dead', { status });
      assert.equal(calls.length, 1);
      assert.equal(delivery.attempts, 1);
      assert.equal(delivery.last_status, status);
      const dead = (await app.server.admin('GET', `/dead_letters?app_id=${await app.id()}`)).json.deliveries;
      assert.deepEqual(dead.map((entry) => entry.id), [delivery.id]);
    });
  }

  for (const status of [301, 302, 303, 307, 308, 304]) {
    test(`${status} is a failure and its Location is never visited`, async () => {
      const bait = path();
      const { delivery, calls } = await deliver('dead', { status, headers: { location: receiver().url(bait) } });
      assert.equal(calls.length, 1);
      assert.equal(delivery.last_status, status);
      assert.equal(receiver().callsTo(bait).length, 0);
    });
  }

  for (const status of [200, 201, 202, 204, 206, 299]) {
    test(`${status} is success`, async () => {
      const { delivery, calls } = await deliver('delivered', { status });
      assert.equal(calls.length, 1);
      assert.equal(delivery.attempts, 1);
    });
  }

  const kChunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (const [what, step] of [
    ['cut off', { resetInAnswer: true }],
    ['malformed', { garbage: `${kChunked}zz\r\n` }],
    ['malformed after its first part', { garbage: `${kChunked}4\r\nfour4\r\n` }],
    ['endless', { endless: true }],
    ['never sent', { status: 201, hangAfterHeaders: true }],
    ['a byte a second', { drip: true }],
  ]) {
    test(`a 2xx is success although its body is ${what}`, async (context) => {
      const { delivery, calls } = await deliverAlone(context, 'delivered', step, { status: 500 });
      assert.equal(calls.length, 1);
      assert.deepEqual(delivery.attempts_log.map((entry) => entry.status), [step.status ?? 200]);
    });
  }

  test('410 disables the hook and says so', async () => {
    const { app, hook, calls } = await deliver('dead', { status: 410 });
    assert.equal(calls.length, 1);
    const [setting] = (await app.call('GET', '/app')).app.event_hooks;
    assert.equal(setting.enabled, false);
    const { hooks } = (await app.server.admin('GET', `/hooks?app_id=${await app.id()}`)).json;
    const health = hooks.find((entry) => entry.id === setting.id);
    assert.equal(health.enabled, false);
    assert.match(health.disabled_reason, /410|gone/i);
    await app.users('olaf');
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('Retry-After in seconds is waited for', async () => {
    const { calls } = await deliver('delivered', { status: 429, headers: { 'retry-after': '3' } }, { status: 200 });
    assert.equal(calls.length, 2);
    assertGaps(calls, 3000);
  });

  test('Retry-After as a date is waited for', async () => {
    const due = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000);
    const { calls } = await deliver('delivered', { status: 503, headers: { 'retry-after': due.toUTCString() } }, { status: 200 });
    assert.equal(calls.length, 2);
    const arrived = performance.timeOrigin + calls[1].startedAt;
    assert.ok(arrived >= due.getTime() - kWallGrainMs, `called ${due.getTime() - arrived} ms early`);
  });

  for (const value of ['soon', '-5', '1e99', '99999999999999999999', '31536000', 'Mon, 01 Jan 1990 00:00:00 GMT',
    'Fri, 01 Jan 2100 00:00:00 GMT', '', '0']) {
    test(`Retry-After "${value}" does no harm`, async () => {
      const { calls } = await deliver('delivered', { status: 503, headers: { 'retry-after': value } }, { status: 200 });
      assert.equal(calls.length, 2);
      assertGaps(calls, 500);
    });
  }

  test('nobody listening: two attempts, refused', async () => {
    const app = await newApp();
    await app.hook('http://127.0.0.1:1/', 'user.updated');
    await app.users('mara');
    const [first] = await app.deliveries();
    const delivery = await app.deliveryIn(first.id, 'dead');
    assert.equal(delivery.attempts, 2);
    assert.equal(delivery.last_failure, 'refused');
    assert.equal(delivery.last_status ?? 0, 0);
  });

  test('an unknown name: retried, dns', async () => {
    const app = await newApp();
    await app.hook('http://no-such-host.invalid/', 'user.updated');
    await app.users('mara');
    const [first] = await app.deliveries();
    const delivery = await app.deliveryIn(first.id, 'dead');
    assert.equal(delivery.attempts, 2);
    assert.equal(delivery.last_failure, 'dns');
  });

  for (const [name, step] of [
    ['before the body is read', { resetBeforeBody: true }],
    ['after the body was read', { resetAfterBody: true }],
    ['in the middle of a bad answer', { status: 500, resetInAnswer: true }],
  ]) {
    test(`a reset ${name}: two attempts with the normal wait`, async (context) => {
      const { app, delivery, calls } = await deliverAlone(context, 'dead', step);
      assert.equal(calls.length, 2);
      assertGaps(calls, 500);
      assert.equal(delivery.attempts, 2);
      assert.equal(delivery.last_failure, 'reset');
      if (!step.resetBeforeBody) assertSameDelivery(app, calls);
    });
  }

  test('a network error, then success', async (context) => {
    const { calls, delivery } = await deliverAlone(context, 'delivered', { resetAfterBody: true }, { status: 200 });
    assert.equal(calls.length, 2);
    assert.equal(delivery.attempts, 2);
  });

  test('mixed failures: the latest one sets the limit', async (context) => {
    // After 500, 500 a third attempt is due; a network error at the second one ends it at two.
    const ended = await deliverAlone(context, 'dead', { status: 500 }, { resetAfterBody: true }, { status: 200 });
    assert.equal(ended.calls.length, 2);
    const goesOn = await deliverAlone(context, 'delivered', { resetAfterBody: true }, { status: 500 }, { status: 200 });
    assert.equal(goesOn.calls.length, 3);
  });

  test('garbage instead of HTTP is a failure', async () => {
    const { delivery } = await deliver('dead', { garbage: 'SSH-2.0-OpenSSH_9.2\r\n' });
    assert.notEqual(delivery.last_failure, undefined);
  });
}, { concurrency: 12 });

suite('waiting too long', ({ test, newApp, receiver, path }) => {
  const deliver = async (state, ...steps) => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().script(hook, ...steps), 'user.updated');
    await app.users('mara');
    const [first] = await app.deliveries();
    return { app, delivery: await app.deliveryIn(first.id, state), calls: receiver().callsTo(hook) };
  };

  test('a hang: three attempts of at most 6 s, 15 s in all', async () => {
    const { app, delivery, calls } = await deliver('dead', { hang: true });
    assert.equal(calls.length, 3);
    assertSameDelivery(app, calls);
    assert.ok(calls.every((call) => call.over), 'a connection was left hanging');
    assertLoggedGaps(delivery, 200, 500);
    const [first, second, third] = delivery.attempts_log.map((entry) => entry.elapsed_ms);
    assert.ok(first >= 5990 && second >= 5990, `attempts lasted ${first} and ${second} ms`);
    // The third one got what was left of 15 s: 2.3 s, far from another 6, however late the clock was looked at.
    assert.ok(third < 5990, `${third} ms is more than was left of 15 s`);
    assert.equal(delivery.attempts, 3);
    assert.equal(delivery.last_failure, 'timeout');
  });

  test('a hang after the head of an answer that is no success is a time-out too', async () => {
    const { delivery, calls } = await deliver('delivered', { status: 500, hangAfterHeaders: true }, { status: 200 });
    assert.equal(calls.length, 2);
    assertLoggedGaps(delivery, 200);
    assert.equal(delivery.attempts_log[0].failure, 'timeout');
  });

  test('a drip of a byte a second does not hold an attempt', async () => {
    const { delivery, calls } = await deliver('delivered', { status: 500, drip: true }, { status: 200 });
    assert.equal(calls.length, 2);
    assert.equal(delivery.attempts_log[0].failure, 'timeout');
  });

  test('an endless body does not hold an attempt or fill memory', async () => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().script(hook, { status: 404, endless: true }), 'user.updated');
    await app.users('mara');
    await app.drained();
    const [delivery] = await app.deliveries();
    // The answer is a broken one, although its status alone would be final.
    assert.equal(delivery.state, 'dead', JSON.stringify(delivery));
    assert.equal(delivery.last_failure, 'too_large');
    assert.equal(receiver().callsTo(hook).length, 2);
    await eventually(() => receiver().callsTo(hook).every((call) => call.over), { what: 'the pouring connections to be cut' });
  });

  test('an answer that comes in time, slowly, is success', async () => {
    const { calls } = await deliver('delivered', { status: 200, delayMs: 3000 });
    assert.equal(calls.length, 1);
  });
}, { concurrency: 5 });

suite('odd but valid answers', ({ test, newApp, receiver, path }) => {
  const deliver = async (...steps) => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().script(hook, ...steps), 'user.updated');
    await app.users('mara');
    const [first] = await app.deliveries();
    return { app, hook, delivery: await app.deliveryIn(first.id, 'delivered'), calls: receiver().callsTo(hook) };
  };

  test('1xx first', async () => {
    const { calls } = await deliver({ informational: [100, 102, 103], status: 200 });
    assert.equal(calls.length, 1);
  });

  test('a body that nobody needs', async () => {
    const { calls } = await deliver({ status: 200, body: 'x'.repeat(100_000) });
    assert.equal(calls.length, 1);
  });

  test('giant headers are a failure that is named, and tried again', async () => {
    const { app, delivery, calls } = await deliver({ status: 200, giantHeaderBytes: 2_000_000 }, { status: 200 });
    assert.equal(calls.length, 2);
    assert.deepEqual(delivery.attempts_log.map((entry) => entry.failure), ['too_large', undefined]);
    assert.equal((await app.request('GET', '/app')).status, 200);
  });

  test('a connection closed after each answer', async () => {
    const { app, hook } = await deliver({ status: 200, close: true });
    for (let i = 0; i < 5; ++i) await app.users(`close-${i}`);
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, 6);
    assert.ok((await app.deliveries()).every((delivery) => delivery.state === 'delivered'));
  });

  test('a keep-alive connection that was closed silently costs no delivery', async () => {
    const { app, hook } = await deliver({ status: 200, closeSilently: true });
    for (let i = 0; i < 5; ++i) await app.users(`silent-${i}`);
    await app.drained();
    const calls = receiver().callsTo(hook);
    assert.equal(new Set(calls.map((call) => call.id)).size, 6);
    assert.ok((await app.deliveries()).every((delivery) => delivery.state === 'delivered'));
  });

  test('connections are reused', async (context) => {
    const own = await startReceiver();
    context.after(() => own.stop());
    const app = await newApp();
    await app.hook(own.url('/reused'), 'user.updated');
    for (let i = 0; i < 11; ++i) {
      await app.users(`reuse-${i}`);
      await app.drained();
    }
    // A pause of the machine may have let a connection grow too old, but not every other one.
    assert.equal(own.calls.length, 11);
    assert.ok(own.connections <= 3, `${own.connections} connections for 11 calls in turn`);
  });
});
