// Ways around before-message-send: a flood that uses up the calls, one user's slow answers, a channel
// update or a truncation that brings a message along. What /giphy says is not asked about, and the
// documentation says so (docs/synchronous-hooks.md).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kLongestMs = 5000;
const kSends = 1500;
const kHandlerMs = 1200;
const answer = (message) => ({ body: JSON.stringify({ message }) });

suite('no way around moderation', ({ test, server, newApp, receiver, path }) => {
  const setUp = async (...steps) => {
    const app = await newApp();
    const hook = path();
    await app.channel('dock', ['mara', 'olaf', 'ines']);
    await app.call('PATCH', '/app', {
      before_message_send_hook_url: receiver().script(hook, ...steps), before_message_send_hook_attempt_timeout_ms: kLongestMs,
    });
    const health = async () => (await server().admin('GET', `/hooks?app_id=${await app.id()}`)).json.sync_hooks[0];
    return { app, hook, health };
  };
  const say = (app, as, text = 'x') => app.request('POST', '/channels/messaging/dock/message', { message: { text } }, { as });

  for (const [how, attempt, count = kSends] of [
    ['sends', (app, i) => say(app, 'mara', `m${i}`)],
    ['sends in the name of a server', (app, i) => app.request('POST', '/channels/messaging/dock/message', { message: { text: `m${i}`, user_id: 'mara' } })],
    ['edits', (app, i) => app.request('POST', `/messages/e${i % 100}`, { message: { text: `m${i}` } }, { as: 'mara' }), 400],
    ['updates of the channel', (app, i) => app.request('POST', '/channels/messaging/dock', { message: { text: `m${i}` } }, { as: 'mara' })],
  ]) {
    test(`a flood of ${count} ${how} lets nothing through unmoderated, and holds nobody up`, async () => {
      const { app, hook, health } = await setUp(answer({ checked: true }), () => ({ delayMs: kHandlerMs, ...answer({ checked: true }) }));
      if (how === 'edits') {
        receiver().script(hook, answer({ checked: true }));
        for (let i = 0; i < 100; ++i) await app.send('dock', { id: `e${i}`, text: 'x', user_id: 'mara' });
        receiver().script(hook, () => ({ delayMs: kHandlerMs, ...answer({ checked: true }) }));
      }
      const before = receiver().callsTo(hook).length;
      const flood = Array.from({ length: count }, (_, i) => attempt(app, i));
      await receiver().waitFor({ path: hook, count: before + 1 });
      const others = await say(app, 'olaf');
      const answers = [others, ...(await Promise.all(flood))];
      assert.equal(others.status, 201, others.text);
      for (const { status, text } of answers) assert.ok([201, 429, 503].includes(status), `${status} ${text}`);
      const through = answers.filter(({ status, json }) => status === 201 && json.message.checked !== true);
      // None, but for answers that this process was too busy to give in time: those are the hook's own
      // failures, and each is counted. Calls that were not made are not among them.
      const { state, counts } = await health();
      assert.equal(through.length, counts.timeout, JSON.stringify(counts));
      assert.deepEqual([counts.paused, state], [0, 'healthy'], 'one user alone cannot pause a hook');
    });
  }

  test('one user whose messages make the handler hang does not switch it off for others', async () => {
    const { app, health } = await setUp((call) => (call.json.user.id === 'mara' ? { hang: true } : answer({ checked: true })));
    await app.call('PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: 100 });
    await Promise.all(Array.from({ length: 20 }, () => say(app, 'mara')));
    assert.equal((await health()).state, 'healthy');
    await app.call('PATCH', '/app', { before_message_send_hook_attempt_timeout_ms: kLongestMs });
    assert.equal((await say(app, 'olaf')).json.message.checked, true);
  });

  test('where nobody can be asked, an app may choose that nothing is stored', async () => {
    const { app } = await setUp({ hang: true });
    await app.call('PATCH', '/app', { before_message_send_failure: 'refuse', before_message_send_hook_attempt_timeout_ms: 200 });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => say(app, ['mara', 'olaf', 'ines'][i % 3])));
    for (const { status, text } of answers) assert.ok([429, 503].includes(status), `${status} ${text}`);
    const { messages } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual(messages, []);
  });

  test('the message of a channel change by a user is asked about, too', async () => {
    const changes = [['', { data: { colour: 'blue' } }], ['/truncate', {}]];
    for (const [way, change] of changes) {
      const { app, hook } = await setUp(answer({ text: 'card ****' }), answer({ type: 'error', text: 'no' }));
      const post = (text, more) => app.call('POST', `/channels/messaging/dock${way}`, { ...change, message: { text } }, more);
      const masked = await post('card 4111', { as: 'mara' });
      assert.equal(masked.message.text, 'card ****');
      assert.equal(masked.message.type, 'system');
      // Discarded: the change happens without a message.
      const bare = await post('card 4222', { as: 'mara' });
      assert.equal('message' in bare, false);
      assert.equal(bare.channel.cid, 'messaging:dock');
      // A server is trusted with what it says.
      await app.call('POST', `/channels/messaging/dock${way}`, { ...change, message: { text: 'hear ye', user_id: 'mara' } });
      assert.equal(receiver().callsTo(hook).length, 2);
      assert.equal(receiver().callsTo(hook)[0].json.message.text, 'card 4111');
      const { messages } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
      assert.equal(messages.at(-1).text, 'hear ye');
      assert.ok(messages.every(({ text }) => !text.includes('card 4')), JSON.stringify(messages.map(({ text }) => text)));
      // Where nobody can be asked, an app may choose that nothing is said.
      await app.call('PATCH', '/app', { before_message_send_hook_url: receiver().script(path(), { status: 500 }), before_message_send_failure: 'refuse' });
      await app.refuses(503, 4, 'POST', `/channels/messaging/dock${way}`, { ...change, message: { text: 'x' } }, { as: 'mara' });
    }
  });
});
