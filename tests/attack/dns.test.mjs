// Names that nobody answers for: they hold up the deliveries of the app that has named them, and
// nobody else's, nor any synchronous hook.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { startNameServer } from '../harness/dns.mjs';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

const kDeadHooks = 50;
const kMessages = 20;

const dns = await startNameServer((name) => {
  if (name.endsWith('.dead.test')) return undefined;
  return name.endsWith('.alive.test') ? '127.0.0.1' : null;
});
after(() => dns.stop());

const deadNames = () => new Set(dns.questions.filter((name) => name.endsWith('.dead.test')));

suite('dead names', ({ test, newApp, receiver, path }) => {
  const named = (name, url) => url.replace('127.0.0.1', `${name}.alive.test`);
  const masked = { body: JSON.stringify({ message: { text: 'masked' } }) };
  const setUpAlive = async (app, name) => {
    const push = path();
    await app.channel('dock', ['mara']);
    await app.hook(named(`push-${name}`, receiver().url(push)), 'message.new');
    const hook = named(`hook-${name}`, receiver().script(path(), masked));
    await app.call('PATCH', '/app', { before_message_send_hook_url: hook, before_message_send_hook_attempt_timeout_ms: 5000 });
    return push;
  };

  test('fifty dead names of one app: another app is moderated and gets its events', async () => {
    const attacker = await newApp();
    await attacker.channel('dock', ['eve']);
    await attacker.hooks(...Array.from({ length: kDeadHooks }, (_, i) => ({
      webhook_url: `http://h${i}.dead.test:8080/`, event_types: ['message.new'],
    })));
    for (let i = 0; i < 3; ++i) await attacker.send('dock', { text: 'x', user_id: 'eve' });
    await eventually(() => deadNames().size > 0, { what: 'the first lookups' });

    for (let tenant = 0; tenant < 5; ++tenant) {
      const app = await newApp();
      const push = await setUpAlive(app, `tenant${tenant}`);
      for (let i = 0; i < kMessages; ++i) {
        const sent = await app.send('dock', { text: 'card 4111', user_id: 'mara' });
        assert.equal(sent.text, 'masked');
      }
      const calls = await receiver().waitFor({ path: push, count: kMessages });
      assert.ok(calls.every((call) => call.attempt === 1 && call.json.message.text === 'masked'));
    }
    // The attacker's names were still in one another's way all the while.
    assert.ok(deadNames().size < kDeadHooks, `${deadNames().size} names were asked for`);

    // Its own synchronous hook is not held up by its deliveries.
    const hook = named('hook-own', receiver().script(path(), masked));
    await attacker.call('PATCH', '/app', { before_message_send_hook_url: hook, before_message_send_hook_attempt_timeout_ms: 5000 });
    assert.equal((await attacker.send('dock', { text: 'x', user_id: 'eve' })).text, 'masked');
    assert.ok(deadNames().size < kDeadHooks, `${deadNames().size} names were asked for`);
  });

  test('a dead before-send hook of one app does not hold up another\'s', async () => {
    const attacker = await newApp();
    await attacker.channel('dock', ['eve']);
    await attacker.call('PATCH', '/app', { before_message_send_hook_url: 'http://hook.dead.test:8080/' });
    const app = await newApp();
    await setUpAlive(app, 'other');
    const dead = Array.from({ length: 20 }, () => attacker.request('POST', '/channels/messaging/dock/message',
      { message: { text: 'x', user_id: 'eve' } }));
    for (let i = 0; i < kMessages; ++i) {
      assert.equal((await app.send('dock', { text: 'card 4111', user_id: 'mara' })).text, 'masked');
    }
    await Promise.all(dead);
  });

  test('a name that does not exist is not asked for again and again', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.hook('http://nowhere.absent.test:8080/', 'message.new');
    for (let i = 0; i < kMessages; ++i) await app.send('dock', { text: 'x', user_id: 'mara' });
    await app.drained();
    const asked = dns.questions.filter((name) => name === 'nowhere.absent.test').length;
    assert.equal(asked, 1);
  });
}, { server: { env: { HOOKLINE_RESOLVER_SERVERS: dns.text } } });
