// Very many hooks that hang, at first contact: another app's first event does not wait until one of them
// gives its slot back.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kApps = 60;
const kHooksEach = 16;

suite('hooks that hang', ({ test, newApp, receiver, path }) => {
  test(`${kApps * kHooksEach} of ${kApps} apps hold up nobody else's first event`, async () => {
    const hung = path();
    receiver().script(hung, { hang: true });
    const apps = [];
    for (let i = 0; i < kApps; ++i) {
      const app = await newApp();
      const each = { webhook_url: receiver().url(hung), event_types: ['user.updated'], retry: { schedule: ['1h'], timeout_ms: 30_000 } };
      await app.hooks(...Array.from({ length: kHooksEach }, () => each));
      apps.push(app);
    }
    const other = await newApp();
    const good = path();
    await other.hook(receiver().url(good), 'user.updated');

    const start = performance.now();
    await Promise.all(apps.map((app) => app.users('mara', 'olaf')));
    // Every app has its calls under way, or waits for them.
    await receiver().waitFor({ path: hung, count: kApps });
    await other.users('mara');
    const first = await receiver().waitForOne({ path: good });
    const ended = receiver().callsTo(hung).filter((call) => call.over);
    assert.equal(first.attempt, 1);
    assert.equal(ended.length, 0, `${ended.length} hanging calls had ended by then, ${Math.round(performance.now() - start)} ms after the first`);

    // Nor is a synchronous hook held up.
    await other.channel('dock', ['mara']);
    await other.call('PATCH', '/app', {
      before_message_send_hook_url: receiver().script(path(), { body: '{"message":{"checked":true}}' }), before_message_send_hook_attempt_timeout_ms: 5000,
    });
    assert.equal((await other.send('dock', { text: 'x', user_id: 'mara' })).checked, true);
    await Promise.all(apps.map((app) => app.hooks()));
  });
}, { server: { config: 'drain_timeout_ms = 100\n' } });
