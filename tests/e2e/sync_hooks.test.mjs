// What a customer builds with the synchronous hooks, with the official SDK: moderation that edits,
// refuses and marks messages, and a /ticket command from its creation to the final message.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('synchronous hooks with the official SDK', ({ test, newApp, receiver, path }) => {
  const open = async () => {
    const app = await newApp();
    const client = app.client();
    await client.upsertUsers([{ id: 'mara' }, { id: 'olaf' }]);
    const channel = client.channel('messaging', 'dock', { members: ['mara', 'olaf'], created_by_id: 'mara' });
    await channel.create();
    const push = path();
    await client.updateAppSettings({
      event_hooks: [{ enabled: true, hook_type: 'webhook', webhook_url: receiver().url(push), event_types: [] }],
    });
    return { app, client, channel, push };
  };

  test('moderation', async () => {
    const { app, client, channel, push } = await open();
    const hook = path();
    // The customer's handler: verifies, then masks, discards or marks.
    const moderate = (call) => {
      const { message } = client.verifyAndParseWebhook(call.raw, call.headers['x-signature']);
      if (message.text.includes('spam')) return { body: JSON.stringify({ message: { type: 'error', text: 'not allowed' } }) };
      const text = message.text.replace(/\d{4}( \d{4}){3}/g, '**** **** **** ****');
      return { body: JSON.stringify({ message: { ...message, text, moderated: true } }) };
    };
    await client.updateAppSettings({
      before_message_send_hook_url: receiver().script(hook, moderate), before_message_send_hook_attempt_timeout_ms: 5000,
    });

    const masked = await channel.sendMessage({ text: 'pay 4111 1111 1111 1111', user_id: 'mara' });
    assert.equal(masked.message.text, 'pay **** **** **** ****');
    assert.equal(masked.message.moderated, true);
    const refused = await channel.sendMessage({ id: 'spam-1', text: 'buy spam', user_id: 'olaf' });
    assert.equal(refused.message.type, 'error');
    assert.equal(refused.message.text, 'not allowed');

    const state = await channel.query({ state: true });
    assert.deepEqual(state.messages.map((message) => message.text), ['pay **** **** **** ****']);
    await assert.rejects(client.getMessage('spam-1'), { code: 16 });
    await app.drained();
    for (const call of receiver().callsTo(push)) {
      // The whole number: a part of it may well stand in an id or in the digits of a time.
      assert.ok(!call.plain.includes('4111 1111') && !call.plain.includes('buy spam'), call.plain.toString());
    }
  });

  test('a /ticket command with buttons', async () => {
    const { app, client, channel, push } = await open();
    const hook = path();
    const handle = (call) => {
      const { message, form_data: form = {} } = client.verifyAndParseWebhook(call.raw, call.headers['x-signature']);
      assert.match(call.path, /type=ticket$/);
      if (!form.action) {
        const actions = ['submit', 'cancel'].map((value) => ({ name: 'action', text: value, type: 'button', value }));
        return { body: JSON.stringify({ message: { ...message, type: 'ephemeral', attachments: [{ type: 'ticket', title: message.args, actions }] } }) };
      }
      if (form.action === 'cancel') return { body: JSON.stringify({ message: null }) };
      return { body: JSON.stringify({ message: { ...message, type: 'regular', text: `ticket: ${message.args}`, attachments: [] } }) };
    };
    await client.createCommand({ name: 'ticket', description: 'Open a ticket', args: '[text]' });
    await client.updateChannelType('messaging', { commands: ['ticket'] });
    await client.updateAppSettings({ custom_action_handler_url: `${receiver().script(hook, handle)}?type={type}` });

    const { message: first } = await channel.sendMessage({ text: '/ticket crane 7', user_id: 'mara' });
    assert.equal(first.type, 'ephemeral');
    assert.equal(first.command, 'ticket');
    assert.equal(first.attachments[0].actions[0].value, 'submit');
    const { message: final } = await channel.sendAction(first.id, { action: 'submit' });
    assert.equal(final.text, 'ticket: crane 7');
    assert.equal(final.type, 'regular');

    const { message: second } = await channel.sendMessage({ text: '/ticket boat', user_id: 'olaf' });
    assert.equal((await channel.sendAction(second.id, { action: 'cancel' })).message, null);
    const state = await channel.query({ state: true });
    assert.deepEqual(state.messages.map((message) => message.text), ['ticket: crane 7']);
    await app.drained();
    const sent = receiver().callsTo(push).filter((call) => call.json.type === 'message.new');
    assert.deepEqual(sent.map((call) => call.json.message.text), ['ticket: crane 7']);
  });
});
