// The process stands still (SIGSTOP, a suspended machine, a debugger): the time does not count against
// receivers, which could not have answered any sooner.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { pause } from '../harness/wait.mjs';

/** Longer than all attempts of a delivery may take: 15 s. */
const kStopMs = 16_000;

suite('a standstill', ({ test, server, newApp, receiver, path }) => {
  test(`of ${kStopMs / 1000} s makes no delivery dead and pauses no hook`, async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf', 'ines']);
    const [waiting, asked, between, moderated] = [path(), path(), path(), path()];
    receiver().script(waiting, { status: 503, headers: { 'retry-after': '3' } }, { status: 200 });
    let release;
    const until = new Promise((resolve) => (release = resolve));
    receiver().script(asked, { until, status: 200 });
    receiver().script(between, { hang: true }, { status: 200 });
    await app.hooks(...[waiting, asked, between].map((each) => ({ webhook_url: receiver().url(each), event_types: ['message.new'] })));
    await app.send('dock', { text: 'x', user_id: 'mara' });
    const calls = await Promise.all([waiting, asked, between].map((each) => receiver().waitForOne({ path: each })));
    // From here on nobody may be asked that this test does not mean to.
    let answer;
    const moderating = new Promise((resolve) => (answer = resolve));
    await app.call('PATCH', '/app', {
      before_message_send_hook_url: receiver().script(moderated, () => ({ until: moderating, body: '{"message":{"checked":true}}' })),
      before_message_send_hook_attempt_timeout_ms: 5000,
    });
    const sending = ['mara', 'olaf', 'ines', 'mara', 'olaf', 'ines'].map((user_id) =>
      app.request('POST', '/channels/messaging/dock/message', { message: { text: 'y', user_id } }));
    await receiver().waitFor({ path: moderated, count: sending.length });

    process.kill(server().pid, 'SIGSTOP');
    release();
    answer();
    await pause(kStopMs);
    process.kill(server().pid, 'SIGCONT');

    // The hook's answer is used if it can be; else the trouble is our own, and nothing is stored.
    for (const { status, json, text } of await Promise.all(sending)) {
      if (status === 201) assert.equal(json.message.checked, true, text);
      else assert.equal(status, 503, text);
    }
    const { json } = await server().admin('GET', `/hooks?app_id=${await app.id()}`);
    assert.equal(json.sync_hooks[0].state, 'healthy', JSON.stringify(json.sync_hooks[0].counts));
    for (const { id } of calls) {
      const delivery = await app.deliveryIn(id, 'delivered');
      assert.ok(delivery.attempts <= 3, JSON.stringify(delivery));
    }
    await app.drained();
    assert.deepEqual(await app.deliveries({ state: 'dead' }), []);
  });
});
