// The page that this project implements, walked through with the official SDK as printed there.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('the webhook page, step by step', ({ test, newApp, receiver, path }) => {
  /** The page's snippet; only the URL is ours. */
  const addWebhook = async (client, webhook_url) => {
    // STEP 1: Get current app settings to preserve existing hooks
    const response = await client.getAppSettings();

    // STEP 2: Add webhook hook while preserving existing hooks
    const existingHooks = response.event_hooks || [];
    const newWebhookHook = {
      enabled: true,
      hook_type: 'webhook',
      webhook_url,
      event_types: [], // empty array = all events
    };

    // STEP 3: Update with complete array including existing hooks
    await client.updateAppSettings({
      event_hooks: [...existingHooks, newWebhookHook],
    });
  };

  test('a webhook is added and existing ones are preserved', async () => {
    const app = await newApp();
    const client = app.client();
    const [first, second, third] = [path(), path(), path()];
    for (const hook of [first, second, third]) await addWebhook(client, receiver().url(hook));
    const { app: settings } = await client.getAppSettings();
    assert.deepEqual(settings.event_hooks.map((hook) => hook.webhook_url), [first, second, third].map((hook) => receiver().url(hook)));

    await client.upsertUser({ id: 'mara' });
    for (const hook of [first, second, third]) await receiver().waitForOne({ path: hook, type: 'user.updated' });
  });

  test('hooks keep their ids when others are added', async () => {
    const client = (await newApp()).client();
    await addWebhook(client, receiver().url(path()));
    const before = (await client.getAppSettings()).app.event_hooks[0];
    await addWebhook(client, receiver().url(path()));
    const after = (await client.getAppSettings()).app.event_hooks[0];
    assert.equal(after.id, before.id);
    assert.equal(after.created_at, before.created_at);
  });

  test('the test call (what testWebhookSettings stands for)', async () => {
    const app = await newApp();
    const client = app.client();
    const hook = path();
    const answer = await client.post(`${client.baseURL}/check_push`, { webhook_url: receiver().url(hook) });
    assert.deepEqual(answer.general_errors, []);
    app.assertSigned(await receiver().waitForOne({ path: hook, type: 'webhook.test' }));
  });

  test('specific event types', async () => {
    const app = await newApp();
    const client = app.client();
    const hook = path();
    await client.updateAppSettings({
      event_hooks: [
        {
          enabled: true,
          hook_type: 'webhook',
          webhook_url: receiver().url(hook),
          event_types: ['message.new', 'message.updated', 'message.deleted'], // specific events
        },
      ],
    });
    await client.upsertUser({ id: 'mara' });
    const channel = client.channel('messaging', 'page', { created_by_id: 'mara', members: ['mara'] });
    await channel.create();
    const { message } = await channel.sendMessage({ text: 'one', user_id: 'mara' });
    await client.updateMessage({ id: message.id, text: 'two', user_id: 'mara' });
    await client.deleteMessage(message.id);
    await app.drained();
    assert.deepEqual(
      receiver().callsTo(hook).map((call) => call.json.type).sort(),
      ['message.deleted', 'message.new', 'message.updated'],
    );
  });

  test('the other two webhooks are set with their own settings', async () => {
    const client = (await newApp()).client();
    const urls = {
      before_message_send_hook_url: 'https://example.com/webhooks/stream/before-message-send',
      custom_action_handler_url: 'https://example.com/webhooks/stream/custom-commands?type={type}',
    };
    await client.updateAppSettings(urls);
    const { app } = await client.getAppSettings();
    assert.equal(app.before_message_send_hook_url, urls.before_message_send_hook_url);
    assert.equal(app.custom_action_handler_url, urls.custom_action_handler_url);
  });

  test('the old way fails with the text of the page', async () => {
    const client = (await newApp()).client();
    await assert.rejects(client.updateAppSettings({ webhook_url: 'https://example.com/webhooks/stream/push' }), (error) => {
      assert.equal(error.code, 4);
      assert.equal(error.status, 400);
      assert.match(error.message, /Cannot set webhook URL, webhook events, SQS URL, .* Use the event_hooks field to configure webhooks\./);
      return true;
    });
  });

  test('a receiver verifies and parses with the SDK, and sees the ext header', async () => {
    const app = await newApp();
    const client = app.client({ ext: 'device-id=123' });
    const hook = path();
    await client.upsertUsers([{ id: 'mara', name: 'Mara' }, { id: 'olaf' }]);
    const channel = client.channel('messaging', 'verify', { created_by_id: 'mara', members: ['mara', 'olaf'] });
    await channel.create();
    await addWebhook(client, receiver().url(hook));
    const { message } = await channel.sendMessage({ text: 'hello', user_id: 'mara', priority: 'high' });

    const call = await receiver().waitForOne({ path: hook, type: 'message.new' });
    app.assertSigned(call);
    const signature = call.headers['x-signature'];
    assert.equal(client.verifyWebhook(call.raw, signature), true);
    assert.equal(client.verifyWebhook(call.raw.toString(), signature), true);
    assert.equal(client.verifyWebhook(`${call.raw} `, signature), false);
    assert.equal(app.client({ secret: 'another' }).verifyWebhook(call.raw, signature), false);
    assert.throws(() => client.verifyAndParseWebhook(call.raw, signature.replace(/^./, (c) => (c === '0' ? '1' : '0'))), /signature mismatch/);

    const event = client.verifyAndParseWebhook(call.raw, signature);
    assert.equal(event.type, 'message.new');
    assert.equal(event.message.id, message.id);
    assert.equal(event.message.priority, 'high');
    assert.equal(event.user.name, 'Mara');
    assert.deepEqual(Object.keys(event.request_info).sort(), ['ext', 'ip', 'sdk', 'type', 'user_agent']);
    assert.equal(event.request_info.type, 'server');
    assert.equal(event.request_info.ext, 'device-id=123');
    assert.match(event.request_info.sdk, /^stream-chat-js-v9\./);
    assert.match(event.request_info.user_agent, /^axios\//);
  });
});
