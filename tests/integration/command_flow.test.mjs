// Commands from the message to the last button; built-in ones (docs/contract/hooks.md#commands).
import assert from 'node:assert/strict';
import { exchange } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';

const answer = (message) => ({ body: JSON.stringify({ message }) });
const buttons = [{
  type: 'ticket',
  actions: [{ name: 'choice', text: 'File it', type: 'button', style: 'primary', value: 'file' }],
}];

suite('custom commands', ({ test, newApp, receiver, path }) => {
  const setUp = async (...steps) => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    await app.call('POST', '/commands', { name: 'ticket', description: 'Open a ticket' });
    await app.call('PUT', '/channeltypes/messaging', { commands: ['ticket', 'giphy'] });
    const hook = path();
    const push = path();
    await app.hook(receiver().url(push), 'message.new');
    const url = receiver().script(hook, ...steps);
    await app.call('PATCH', '/app', { custom_action_handler_url: `${url}?type={type}` });
    const stored = async () => (await app.call('POST', '/channels/messaging/dock/query', { state: true })).messages;
    const announced = async () => {
      await app.drained();
      return receiver().callsTo(push).map((call) => call.json.message);
    };
    return { app, hook, stored, announced };
  };
  const ticket = (app, more = {}) => app.send('dock', { id: 't1', text: '/ticket crane 7 stuck', user_id: 'mara', ...more });
  const act = (app, form_data, more = {}) => app.call('POST', '/messages/t1/action', { form_data, ...more });

  test('the handler is asked, and its answer is stored and announced', async () => {
    const { app, hook, stored, announced } = await setUp(answer({ text: 'ticket 17', number: 17, mml: '<mml>x</mml>' }));
    const message = await ticket(app);
    assert.equal(message.type, 'regular');
    assert.equal(message.command, 'ticket');
    assert.equal(message.args, 'crane 7 stuck');
    assert.equal(message.text, 'ticket 17');
    assert.equal(message.number, 17);
    assert.equal(message.mml, '<mml>x</mml>');
    const [call] = receiver().callsTo(hook);
    app.assertSigned(call);
    assert.match(call.path, /\?type=ticket$/);
    assert.equal(call.json.message.command, 'ticket');
    assert.equal(call.json.message.args, 'crane 7 stuck');
    assert.equal(call.json.message.text, '/ticket crane 7 stuck');
    assert.equal(call.json.message.cid, 'messaging:dock');
    assert.equal(call.json.user.id, 'mara');
    assert.ok(!('form_data' in call.json) || Object.keys(call.json.form_data).length === 0);
    assert.deepEqual((await stored()).map((each) => each.text), ['ticket 17']);
    assert.deepEqual((await announced()).map((each) => each.text), ['ticket 17']);
  });

  test('an error is for the sender alone', async () => {
    const { app, stored, announced } = await setUp(answer({ type: 'error', text: 'no such crane' }));
    const message = await ticket(app);
    assert.equal(message.type, 'error');
    assert.equal(message.text, 'no such crane');
    await app.refuses(404, 16, 'GET', '/messages/t1');
    assert.deepEqual(await stored(), []);
    assert.deepEqual(await announced(), []);
  });

  test('an ephemeral message, its buttons, and the final message', async () => {
    const { app, hook, stored, announced } = await setUp(
      answer({ type: 'ephemeral', text: 'File it?', attachments: buttons, excuse: 'none' }),
      answer({ type: 'ephemeral', text: 'Really?' }),
      answer({ type: 'regular', text: 'ticket filed', attachments: null }),
    );
    const first = await ticket(app);
    assert.equal(first.type, 'ephemeral');
    assert.deepEqual(first.attachments, buttons);
    assert.deepEqual(await stored(), []);
    await app.refuses(404, 16, 'GET', '/messages/t1', undefined, { as: 'olaf' });
    for (const as of ['mara', undefined]) {
      assert.equal((await app.call('GET', '/messages/t1', undefined, { as })).message.excuse, 'none');
    }

    assert.equal((await act(app, { choice: 'file' }, { user_id: 'mara' })).message.text, 'Really?');
    assert.deepEqual(receiver().callsTo(hook)[1].json.form_data, { choice: 'file' });
    assert.equal(receiver().callsTo(hook)[1].json.message.excuse, 'none');
    const { message } = await act(app, { choice: 'really' }); // Without a user: as the owner.
    assert.equal(message.type, 'regular');
    assert.equal(message.text, 'ticket filed');
    assert.deepEqual(message.attachments, []);
    assert.deepEqual((await stored()).map((each) => [each.text, each.user.id]), [['ticket filed', 'mara']]);
    assert.deepEqual((await announced()).map((each) => each.text), ['ticket filed']);
    await app.refuses(404, 16, 'POST', '/messages/t1/action', { form_data: { choice: 'again' } });
  });

  test('null ends it: at once, and on an action', async () => {
    const { app, stored } = await setUp(answer(null), answer({ type: 'ephemeral' }), answer(null));
    assert.equal(await ticket(app), null);
    await ticket(app);
    assert.equal((await act(app, { choice: 'cancel' })).message, null);
    await app.refuses(404, 16, 'GET', '/messages/t1');
    assert.deepEqual(await stored(), []);
  });

  test('a failing action keeps the ephemeral message', async () => {
    const { app } = await setUp(answer({ type: 'ephemeral', text: 'File it?' }), { status: 500 }, answer({ type: 'regular', text: 'filed' }));
    await ticket(app);
    await app.refuses(400, 45, 'POST', '/messages/t1/action', { form_data: { choice: 'file' } });
    assert.equal((await app.call('GET', '/messages/t1')).message.type, 'ephemeral');
    assert.equal((await act(app, { choice: 'file' })).message.text, 'filed');
  });

  test('actions are checked', async () => {
    const { app } = await setUp(answer({ type: 'ephemeral', text: 'File it?' }));
    await ticket(app);
    await app.refuses(400, 4, 'POST', '/messages/t1/action', {});
    await app.refuses(400, 4, 'POST', '/messages/t1/action', { form_data: { choice: 7 } });
    await app.refuses(404, 16, 'POST', '/messages/nope/action', { form_data: { choice: 'file' } });
    await app.refuses(404, 16, 'POST', '/messages/t1/action', { form_data: { choice: 'file' } }, { as: 'olaf' });
  });

  test('a failing handler: the message is saved, or refused if the app wants that', async () => {
    const { app, stored } = await setUp({ status: 500 });
    const saved = await ticket(app);
    assert.equal(saved.text, '/ticket crane 7 stuck');
    assert.equal(saved.command, 'ticket');
    assert.equal((await stored()).length, 1);
    await app.call('PATCH', '/app', { custom_command_failure: 'error' });
    await app.refuses(400, 45, 'POST', '/channels/messaging/dock/message', { message: { text: '/ticket again', user_id: 'mara' } });
    assert.equal((await stored()).length, 1);
  });

  test('no handler: code 44; a command that is not enabled: a plain message', async () => {
    const { app } = await setUp();
    await app.call('PATCH', '/app', { custom_action_handler_url: '' });
    await app.refuses(400, 44, 'POST', '/channels/messaging/dock/message', { message: { text: '/ticket x', user_id: 'mara' } });
    const plain = await app.send('dock', { text: '/nothing special', user_id: 'mara' });
    assert.equal(plain.text, '/nothing special');
    assert.ok(!('command' in plain));
  });

  test('before-message-send sees what the command made, unless nothing is stored', async () => {
    const { app } = await setUp(answer({ text: 'ticket 18' }), answer({ type: 'ephemeral', text: 'hm' }));
    const before = path();
    await app.call('PATCH', '/app', {
      before_message_send_hook_url: receiver().script(before, answer({ checked: true })), before_message_send_hook_attempt_timeout_ms: 5000,
    });
    const message = await app.send('dock', { text: '/ticket one', user_id: 'mara' });
    assert.equal(message.text, 'ticket 18');
    assert.equal(message.checked, true);
    assert.equal(receiver().callsTo(before)[0].json.message.text, 'ticket 18');
    await app.send('dock', { id: 't1', text: '/ticket two', user_id: 'mara' });
    await app.send('dock', { id: 't2', text: 'plain', user_id: 'mara' });
    assert.deepEqual(receiver().callsTo(before).map((call) => call.json.message.text), ['ticket 18', 'plain']);
  });
});

suite('built-in commands', ({ test, server, newApp, receiver, path }) => {
  const setUp = async () => {
    const app = await newApp();
    const push = path();
    await app.channel('dock', ['mara', 'olaf']);
    await app.hook(receiver().url(push));
    const events = async () => {
      await app.drained();
      return receiver().callsTo(push).map((call) => call.json);
    };
    return { app, events };
  };
  const say = (app, text, id) => app.send('dock', { text, user_id: 'mara', ...(id ? { id } : {}) });

  test('/giphy: shuffle, send, cancel', async () => {
    const { app, events } = await setUp();
    const first = await say(app, '/giphy crane', 'g1');
    assert.equal(first.type, 'ephemeral');
    const [attachment] = first.attachments;
    assert.equal(attachment.type, 'giphy');
    assert.deepEqual(attachment.actions.map((action) => [action.name, action.value]),
      [['image_action', 'send'], ['image_action', 'shuffle'], ['image_action', 'cancel']]);
    const image = new URL(attachment.thumb_url ?? attachment.image_url);
    assert.equal(image.origin, server().origin);
    const picture = await exchange({ origin: image.origin, method: 'GET', path: image.pathname + image.search, headers: {} });
    assert.equal(picture.status, 200);
    assert.match(picture.headers['content-type'], /^image\//);

    const act = (value, id = 'g1') => app.call('POST', `/messages/${id}/action`, { form_data: { image_action: value }, user_id: 'mara' });
    const shuffled = (await act('shuffle')).message;
    assert.equal(shuffled.type, 'ephemeral');
    assert.notEqual(JSON.stringify(shuffled.attachments), JSON.stringify(first.attachments));
    const sent = (await act('send')).message;
    assert.equal(sent.type, 'regular');
    assert.ok(!sent.attachments[0].actions?.length);
    await say(app, '/giphy boat', 'g2');
    assert.equal((await act('cancel', 'g2')).message, null);
    assert.deepEqual((await events()).filter((event) => event.type === 'message.new').map((event) => event.message.id), ['g1']);
  });

  test('/mute, /unmute, /ban, /unban and /flag tell of themselves', async () => {
    const { app, events } = await setUp();
    for (const text of ['/mute @olaf', '/unmute olaf', '/ban @olaf ads', '/unban @olaf', '/flag @olaf']) {
      assert.equal((await say(app, text)).type, 'ephemeral', text);
    }
    const seen = (await events()).filter((event) => event.type.startsWith('user.') && event.type !== 'user.updated');
    assert.deepEqual(seen.map((event) => event.type), ['user.muted', 'user.unmuted', 'user.banned', 'user.unbanned', 'user.flagged']);
    assert.equal(seen[0].user.id, 'mara');
    assert.equal(seen[0].target_user.id, 'olaf');
    assert.equal(seen[2].user.id, 'olaf');
    assert.equal(seen[2].created_by.id, 'mara');
    assert.equal(seen[2].reason, 'ads');
    const state = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual(state.messages, []);
  });
});

suite('a command handler that is late', ({ test, newApp, receiver, path }) => {
  test('is given the time that the operator sets', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    await app.call('PUT', '/channeltypes/messaging', { commands: ['ticket'] });
    await app.call('PATCH', '/app', { custom_action_handler_url: receiver().script(path(), { hang: true }), custom_command_failure: 'error' });
    await app.refuses(400, 45, 'POST', '/channels/messaging/dock/message', { message: { text: '/ticket x', user_id: 'mara' } });
  });
}, { server: { env: { HOOKLINE_CHAT_COMMAND_TIMEOUT_MS: '100' } } });
