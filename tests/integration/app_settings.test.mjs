// GET and PATCH /app: what is kept, what is refused, and the rules of the hook list
// (docs/contract/hooks.md#configuration, docs/contract/rulings.md#1, #2, #12, #28).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { kUuid } from '../harness/app.mjs';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';

const kLegacyFieldsText =
  'Cannot set webhook URL, webhook events, SQS URL, SQS key, SQS secret, SNS topic ARN, SNS key, SNS secret, ' +
  'or async moderation config in new hook v2 system. Use the event_hooks field to configure webhooks.';

const webhook = (path, more = {}) => ({
  hook_type: 'webhook',
  enabled: true,
  webhook_url: `https://hooks.example/${path}`,
  event_types: [],
  ...more,
});

const settings = async (app) => (await app.call('GET', '/app')).app;
const patch = (app, body) => app.call('PATCH', '/app', body);

suite('app settings', ({ test, newApp }) => {
  test('an app without hooks answers with exactly two keys', async () => {
    const app = await newApp();
    const answer = await app.call('GET', '/app');
    assert.deepEqual(Object.keys(answer).sort(), ['app', 'duration']);
    assert.deepEqual(answer.app.event_hooks, []);
    assert.equal(answer.app.use_hook_v2, true);
  });

  test('an app with hooks has them at the top level too', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a')] });
    const answer = await app.call('GET', '/app');
    assert.deepEqual(Object.keys(answer).sort(), ['app', 'duration', 'event_hooks']);
    assert.deepEqual(answer.event_hooks, answer.app.event_hooks);
    assert.equal(answer.event_hooks.length, 1);
  });

  test('has the fields that clients read without asking', async () => {
    const app = await newApp();
    const answer = await settings(app);
    for (const field of [
      'id', 'name', 'organization', 'placement', 'push_notifications', 'webhook_url', 'webhook_events', 'sqs_url',
      'sqs_key', 'sqs_secret', 'sns_topic_arn', 'sns_key', 'sns_secret', 'custom_action_handler_url', 'event_hooks',
      'channel_configs', 'policies', 'grants', 'file_upload_config', 'image_upload_config', 'enforce_unique_usernames',
      'suspended', 'disable_auth_checks', 'disable_permissions_checks', 'permission_version', 'multi_tenant_enabled',
      'async_url_enrich_enabled', 'auto_translation_enabled', 'reminders_interval', 'cdn_expiration_seconds',
    ]) {
      assert.ok(answer[field] !== undefined, field);
    }
    assert.equal(typeof answer.push_notifications.apn, 'object');
    assert.equal(typeof answer.push_notifications.firebase, 'object');
    assert.equal(answer.enable_hook_payload_compression, undefined);
  });

  test('keeps what was set and leaves the rest', async () => {
    const app = await newApp();
    await patch(app, {
      before_message_send_hook_url: 'https://hooks.example/before',
      custom_action_handler_url: 'https://hooks.example/command?type={type}',
      before_message_send_hook_attempt_timeout_ms: 700,
      custom_command_failure: 'error',
      chat_primary_use_case: 'gaming',
    });
    await patch(app, { custom_command_failure: 'save', custom_action_handler_url: null });
    await patch(app, {});
    const answer = await settings(app);
    assert.equal(answer.before_message_send_hook_url, 'https://hooks.example/before');
    assert.equal(answer.custom_action_handler_url, 'https://hooks.example/command?type={type}');
    assert.equal(answer.before_message_send_hook_attempt_timeout_ms, 700);
    assert.equal(answer.custom_command_failure, 'save');
    assert.equal(answer.chat_primary_use_case, 'gaming');
  });

  test('an empty string clears a URL', async () => {
    const app = await newApp();
    await patch(app, { custom_action_handler_url: 'https://hooks.example/c' });
    await patch(app, { custom_action_handler_url: '' });
    assert.equal((await settings(app)).custom_action_handler_url, '');
  });

  test('ignores the zero values that the Go client always sends', async () => {
    const app = await newApp();
    const before = await settings(app);
    await patch(app, {
      name: '', organization: '', suspended: false, suspended_explanation: '', channel_configs: null, policies: null,
      push_notifications: { version: '', offline_only: false, apn: {}, firebase: {}, huawei: {}, xiaomi: {} },
      revoke_tokens_issued_before: null,
    });
    const after = await settings(app);
    assert.deepEqual(after, before);
  });

  test('refuses values out of bounds, and changes nothing then', async () => {
    const app = await newApp();
    const before = await settings(app);
    for (const body of [
      { custom_action_handler_url: 'gibbrish' },
      { before_message_send_hook_url: 'not a url' },
      { before_message_send_hook_url: 'ftp://hooks.example/x' },
      { enforce_unique_usernames: 'perhaps' },
      { before_message_send_hook_attempt_timeout_ms: -1 },
      { before_message_send_hook_attempt_timeout_ms: 5001 },
      { cdn_expiration_seconds: 14399 },
      { cdn_expiration_seconds: 1209601 },
      { reminders_interval: 59 },
      { reminders_interval: 86401 },
      { user_search_disallowed_roles: Array.from({ length: 11 }, (_, i) => `role${i}`) },
      { event_hooks: 'all' },
      { event_hooks: [1] },
      { before_message_send_hook_url: 7 },
    ]) {
      const error = await app.refuses(400, 4, 'PATCH', '/app', { disable_auth_checks: true, ...body });
      assert.match(error.message, /^UpdateApp failed with error: "/, JSON.stringify(body));
    }
    assert.deepEqual(await settings(app), before);
  });
});

suite('channel configurations in the app settings', ({ test, newApp }) => {
  test('list their commands by name', async () => {
    const app = await newApp();
    for (const route of ['/app', '/api/v2/app']) {
      const { channel_configs: configs } = (await app.call('GET', route)).app;
      assert.ok(configs.messaging.commands.includes('giphy'), JSON.stringify(configs.messaging.commands));
      for (const config of Object.values(configs)) {
        assert.ok(Array.isArray(config.commands) && config.commands.every((name) => typeof name === 'string'));
      }
    }
  });
});

suite('event hooks', ({ test, newApp }) => {
  test('a new hook gets an id, times and a product', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a', { id: '' }), webhook('b')] });
    const { event_hooks: hooks } = await settings(app);
    assert.equal(hooks.length, 2);
    assert.notEqual(hooks[0].id, hooks[1].id);
    for (const hook of hooks) {
      assert.match(hook.id, kUuid);
      assert.equal(hook.product, 'all');
      nanoseconds(hook.created_at);
      nanoseconds(hook.updated_at);
    }
  });

  test('GET returns what was set and invents nothing', async () => {
    const app = await newApp();
    const sent = { hook_type: 'webhook', enabled: false, webhook_url: 'https://hooks.example/{type}', event_types: ['message.new'] };
    await patch(app, { event_hooks: [sent] });
    const [{ id, created_at, updated_at, product, ...rest }] = (await settings(app)).event_hooks;
    assert.ok(id && created_at && updated_at && product);
    assert.deepEqual(rest, sent);
  });

  test('the order of the list is kept', async () => {
    const app = await newApp();
    const names = ['c', 'a', 'b', 'z', 'y'];
    await patch(app, { event_hooks: names.map((name) => webhook(name)) });
    const urls = (await settings(app)).event_hooks.map((hook) => hook.webhook_url);
    assert.deepEqual(urls, names.map((name) => `https://hooks.example/${name}`));
  });

  test('the list replaces: known ids are updated, missing ones deleted, new ones created', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('keep'), webhook('drop')] });
    const [keep, drop] = (await settings(app)).event_hooks;
    await patch(app, { event_hooks: [{ ...keep, webhook_url: 'https://hooks.example/kept' }, webhook('new')] });
    const hooks = (await settings(app)).event_hooks;
    assert.equal(hooks.length, 2);
    assert.equal(hooks[0].id, keep.id);
    assert.equal(hooks[0].webhook_url, 'https://hooks.example/kept');
    assert.equal(hooks[0].created_at, keep.created_at);
    assert.ok(nanoseconds(hooks[0].updated_at) >= nanoseconds(keep.updated_at));
    assert.ok(hooks.every((hook) => hook.id !== drop.id));
  });

  test('absent and null leave the list alone; [] deletes all', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a')] });
    await patch(app, { chat_primary_use_case: 'gaming' });
    await patch(app, { event_hooks: null });
    assert.equal((await settings(app)).event_hooks.length, 1);
    await patch(app, { event_hooks: [] });
    assert.equal((await settings(app)).event_hooks.length, 0);
  });

  test('keys absent on an update keep their value; null clears', async () => {
    const app = await newApp();
    await patch(app, {
      event_hooks: [webhook('a', { should_send_custom_events: false, event_types: ['message.new'], enabled: false })],
    });
    const [{ id }] = (await settings(app)).event_hooks;
    await patch(app, { event_hooks: [{ id, hook_type: 'webhook', webhook_url: 'https://hooks.example/b' }] });
    let [hook] = (await settings(app)).event_hooks;
    assert.equal(hook.should_send_custom_events, false);
    assert.deepEqual(hook.event_types, ['message.new']);
    assert.equal(hook.enabled, false);
    assert.equal(hook.webhook_url, 'https://hooks.example/b');

    await patch(app, { event_hooks: [{ id, hook_type: 'webhook', should_send_custom_events: null }] });
    [hook] = (await settings(app)).event_hooks;
    assert.ok(hook.should_send_custom_events === undefined || hook.should_send_custom_events === null);
    assert.equal(hook.webhook_url, 'https://hooks.example/b');
  });

  test('times that the client sends do not count', async () => {
    const app = await newApp();
    const zero = '0001-01-01T00:00:00Z';
    await patch(app, { event_hooks: [webhook('a', { created_at: zero, updated_at: zero })] });
    const [hook] = (await settings(app)).event_hooks;
    assert.notEqual(hook.created_at, zero);
    assert.notEqual(hook.updated_at, zero);
  });

  test('explicit deletion removes only what is marked', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a'), webhook('b'), webhook('c')] });
    const [a, b, c] = (await settings(app)).event_hooks;
    await patch(app, {
      explicit_event_hooks_deletion: true,
      event_hooks: [{ id: b.id, delete: true }, { ...c, webhook_url: 'https://hooks.example/c2' }],
    });
    const hooks = (await settings(app)).event_hooks;
    assert.deepEqual(hooks.map((hook) => hook.id).sort(), [a.id, c.id].sort());
    assert.equal(hooks.find((hook) => hook.id === c.id).webhook_url, 'https://hooks.example/c2');
    await patch(app, { explicit_event_hooks_deletion: true, event_hooks: [] });
    assert.equal((await settings(app)).event_hooks.length, 2);
  });

  test('an item marked "delete" goes without the flag too', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a'), webhook('b')] });
    const [a, b] = (await settings(app)).event_hooks;
    await patch(app, { event_hooks: [a, { ...b, delete: true }] });
    assert.deepEqual((await settings(app)).event_hooks.map((hook) => hook.id), [a.id]);
  });

  test("the .NET client's round trip: own ids, three kinds, equal field by field", async () => {
    const app = await newApp();
    const empty = { sqs_auth_type: 'keys', sns_auth_type: 'keys' }; // What it sends on hooks of another kind.
    const sent = [
      webhook('net', { id: randomUUID(), event_types: ['message.new'], ...empty }),
      {
        id: randomUUID(), hook_type: 'sqs', enabled: false, event_types: [], sns_auth_type: 'keys',
        sqs_queue_url: 'https://sqs.region.amazonaws.com/123456789012/queue', sqs_region: 'us-east-1', sqs_auth_type: 'resource',
      },
      {
        id: randomUUID(), hook_type: 'sns', enabled: false, event_types: [], sqs_auth_type: 'keys',
        sns_topic_arn: 'arn:aws:sns:us-east-1:123456789012:topic', sns_region: 'us-east-1', sns_auth_type: 'resource',
      },
    ];
    await patch(app, { event_hooks: sent });
    const hooks = (await settings(app)).event_hooks;
    const got = hooks.map(({ created_at, updated_at, product, ...rest }) => {
      assert.ok(created_at && updated_at && product === 'all');
      return rest;
    });
    assert.deepEqual(got, sent);
  });

  test('hooks that nothing would be sent to: 501 naming the field, unless they are off', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('stays')] });
    const [stays] = (await settings(app)).event_hooks;
    for (const [field, hook] of [
      ['hook_type sqs', { hook_type: 'sqs', sqs_queue_url: 'https://sqs.eu-west-1.amazonaws.com/1/q', sqs_auth_type: 'resource', sqs_region: 'eu-west-1' }],
      ['hook_type sns', { hook_type: 'sns', sns_topic_arn: 'arn:aws:sns:eu-west-1:1:t', sns_auth_type: 'resource', sns_region: 'eu-west-1' }],
      ['hook_type pending_message', { hook_type: 'pending_message', webhook_url: 'https://hooks.example/p', timeout_ms: 500 }],
      ['failover_config', webhook('x', { failover_config: { type: 'gcs', gcs_bucket: 'b', gcs_credentials: '{}' } })],
    ]) {
      for (const enabled of [true, undefined]) {
        const error = await app.refuses(501, 4, 'PATCH', '/app', { event_hooks: [stays, { ...hook, enabled }] });
        assert.ok(error.message.includes(`event_hooks[1].${field} `), error.message);
        assert.equal((await settings(app)).event_hooks.length, 1);
      }
      await patch(app, { event_hooks: [stays, { ...hook, enabled: false }] });
      const [, off] = (await settings(app)).event_hooks;
      assert.equal(off.enabled, false);
      await app.refuses(501, 4, 'PATCH', '/app', { event_hooks: [stays, { id: off.id, enabled: true }] });
      await patch(app, { event_hooks: [stays] });
    }
  });

  test('secrets come back as stored', async () => {
    const app = await newApp();
    const sqs = {
      hook_type: 'sqs', enabled: false, event_types: [], sqs_queue_url: 'https://sqs.eu-west-1.amazonaws.com/000011112222/dock',
      sqs_region: 'eu-west-1', sqs_auth_type: 'keys', sqs_key: 'AKIDEXAMPLE', sqs_secret: 's3cr3t',
    };
    await patch(app, { event_hooks: [sqs] });
    const [hook] = (await settings(app)).event_hooks;
    assert.equal(hook.sqs_secret, 's3cr3t');
    assert.equal(hook.sqs_key, 'AKIDEXAMPLE');
  });

  test('a name that can never come, or a key that nobody knows: 400 with the nearest one', async () => {
    const app = await newApp();
    for (const [body, wrong, meant] of [
      [{ event_hooks: [webhook('x', { event_types: ['message.nwe'] })] }, 'message.nwe', 'message.new'],
      [{ event_hooks: [webhook('x', { event_types: ['message.*'] })] }, 'message.*', 'message.new'],
      [{ event_hooks: [webhook('x', { event_types: ['channel.create'] })] }, 'channel.create', 'channel.created'],
      [{ event_hooks: [webhook('x', { event_type: ['message.new'] })] }, 'event_hooks[0].event_type', 'event_types'],
      [{ event_hook: [] }, 'event_hook', 'event_hooks'],
      [{ before_message_send_hook: 'https://hooks.example/' }, 'before_message_send_hook', 'before_message_send_hook_url'],
    ]) {
      const { message } = await app.refuses(400, 4, 'PATCH', '/app', body);
      assert.ok(message.includes(wrong) && message.includes(meant), message);
    }
    const { message } = await app.refuses(501, 4, 'PATCH', '/app', { event_hooks: [webhook('x', { event_types: ['call.created'] })] });
    assert.ok(message.includes('call.created'), message);
    await patch(app, { event_hooks: [webhook('x', { event_types: ['crane_moved', 'channel.hidden', 'message.pending'] })] });
  });

  test('what GET /app shows can be sent back as it is', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('a', { payload_format: 'v2' })], allowed_flag_reasons: ['x'] });
    const before = await settings(app);
    await patch(app, before);
    assert.deepEqual(await settings(app), before);
    const { message } = await app.refuses(501, 4, 'PATCH', '/app', { suspended: true });
    assert.ok(message.includes('suspended'), message);
  });

  test('hooks made through the newer routes get their payloads in the newer format', async () => {
    const app = await newApp();
    const formats = async (route, item, sdk) => {
      const headers = sdk === undefined ? {} : { 'x-stream-client': sdk };
      await app.call('PATCH', route, { event_hooks: [webhook('x', item)] }, { headers });
      return (await settings(app)).event_hooks[0].payload_format;
    };
    assert.equal(await formats('/app'), undefined);
    assert.equal(await formats('/api/v2/app'), 'v2');
    assert.equal(await formats('/api/v2/app', { payload_format: 'v1' }), 'v1');
    assert.equal(await formats('/api/v2/app', {}, 'stream-python-client-4.1.0'), 'v2');
    assert.equal(await formats('/api/v2/app', {}, 'stream-node-0.8.2'), undefined);
    assert.equal(await formats('/app', { payload_format: 'v2' }), 'v2');
    // An update by the other route keeps what the hook has.
    const [{ id }] = (await settings(app)).event_hooks;
    await app.call('PATCH', '/api/v2/app', { event_hooks: [{ id, payload_format: 'v1' }] });
    await app.call('PATCH', '/api/v2/app', { event_hooks: [{ id, event_types: ['message.new'] }] });
    assert.equal((await settings(app)).event_hooks[0].payload_format, 'v1');
  });

  test('bad hooks are refused, and the list stays as it was', async () => {
    const app = await newApp();
    await patch(app, { event_hooks: [webhook('stays')] });
    const before = (await settings(app)).event_hooks;
    const pending = { hook_type: 'pending_message', enabled: false, webhook_url: 'https://hooks.example/p', timeout_ms: 1 };
    const sqs = { hook_type: 'sqs', enabled: true, sqs_queue_url: 'https://sqs.eu-west-1.amazonaws.com/1/q', sqs_region: 'eu-west-1' };
    const sns = { hook_type: 'sns', enabled: true, sns_topic_arn: 'arn:aws:sns:eu-west-1:1:t', sns_region: 'eu-west-1' };
    const bad = [
      [{ ...webhook('x'), hook_type: 'carrier_pigeon' }],
      [{ enabled: true, webhook_url: 'https://hooks.example/x' }],
      [{ hook_type: 'webhook', enabled: true }],
      [webhook('x', { webhook_url: '' })],
      [webhook('x', { webhook_url: '/relative' })],
      [webhook('x', { webhook_url: 'ftp://hooks.example/x' })],
      [webhook('x', { webhook_url: 'https://' })],
      [webhook('x', { webhook_url: 'https://hooks.example/{nonesuch}' })],
      [webhook('x', { webhook_url: 'https://{type}.example/' })],
      [webhook('x', { webhook_url: 'https://hooks.example:{type}/' })],
      [webhook('x', { webhook_url: 'https://{user_id}@hooks.example/' })],
      [webhook('x', { event_types: 'message.new' })],
      [webhook('x', { event_types: [1] })],
      [webhook('x', { enabled: 'yes' })],
      [webhook('x', { product: 'fish' })],
      [pending, pending, pending],
      [{ ...pending, timeout_ms: -1 }],
      [{ ...pending, callback: { mode: 'CALLBACK_MODE_FAX' } }],
      [{ ...sqs, sqs_auth_type: 'keys' }],
      [{ ...sqs, sqs_auth_type: 'magic' }],
      [{ ...sqs, sqs_auth_type: 'resource', sqs_queue_url: '' }],
      [{ ...sqs, sqs_auth_type: 'resource', sqs_region: '' }],
      [{ ...sns, sns_auth_type: 'keys', sns_key: 'k' }],
      [{ ...sns, sns_auth_type: 'resource', sns_topic_arn: '' }],
      [{ ...pending, failover_config: { type: 'gcs', gcs_bucket: 'b', gcs_credentials: '{}' } }],
      [webhook('x', { failover_config: { type: 'floppy', gcs_bucket: 'b', gcs_credentials: '{}' } })],
      [webhook('x', { failover_config: { type: 'gcs' } })],
    ];
    for (const event_hooks of bad) {
      const error = await app.refuses(400, 4, 'PATCH', '/app', { event_hooks: [...before, ...event_hooks] });
      assert.match(error.message, /^UpdateApp failed with error: "/, JSON.stringify(event_hooks));
    }
    assert.deepEqual((await settings(app)).event_hooks, before);
  });

  test('one id twice in a list is refused', async () => {
    const app = await newApp();
    const id = randomUUID();
    await app.refuses(400, 4, 'PATCH', '/app', { event_hooks: [webhook('a', { id }), webhook('b', { id })] });
  });

  test("an id of another app's hook does not reach into that app", async () => {
    const [one, two] = [await newApp(), await newApp()];
    await patch(one, { event_hooks: [webhook('one')] });
    const [{ id }] = (await settings(one)).event_hooks;
    const answer = await two.request('PATCH', '/app', { event_hooks: [webhook('two', { id })] });
    assert.ok(answer.status === 200 || answer.status === 400, answer.text);
    assert.equal((await settings(one)).event_hooks[0].webhook_url, 'https://hooks.example/one');
  });

  test('templates in the path and query are stored as written', async () => {
    const app = await newApp();
    const url = 'https://hooks.example/{app_id}/{channel_type}/{channel_id}?t={type}&p={product}&c={cid}&u={user_id}';
    await patch(app, { event_hooks: [webhook('x', { webhook_url: url })] });
    assert.equal((await settings(app)).event_hooks[0].webhook_url, url);
  });
});

suite('legacy webhook fields', ({ test, newApp }) => {
  test('are refused with the text that people search for', async () => {
    const app = await newApp();
    for (const body of [
      { webhook_url: 'https://hooks.example/x' },
      { webhook_events: ['message.new'] },
      { sqs_url: 'https://sqs.eu-west-1.amazonaws.com/1/q' },
      { sqs_key: 'k' },
      { sqs_secret: 's' },
      { sns_topic_arn: 'arn:aws:sns:eu-west-1:1:t' },
      { sns_key: 'k' },
      { sns_secret: 's' },
      { async_moderation_config: { timeout_ms: 100, callback: { mode: 'CALLBACK_MODE_REST', server_url: 'https://x.example' } } },
    ]) {
      const { message } = await app.refuses(400, 4, 'PATCH', '/app', body);
      assert.equal(message, `UpdateApp failed with error: "${kLegacyFieldsText}"`, JSON.stringify(body));
    }
  });

  test('may be sent empty', async () => {
    const app = await newApp();
    await patch(app, { webhook_url: '', webhook_events: null, sqs_url: '', sqs_key: null, sqs_secret: '', sns_topic_arn: '' });
    assert.deepEqual((await settings(app)).event_hooks, []);
  });
});

suite('legacy mode', ({ test, newApp, receiver, path }) => {
  test('takes the old fields and delivers', async () => {
    const app = await newApp({ use_hook_v2: false });
    const hook = path();
    await patch(app, { webhook_url: receiver().url(hook), webhook_events: ['user.updated'] });
    const answer = await settings(app);
    assert.equal(answer.use_hook_v2, false);
    assert.equal(answer.webhook_url, receiver().url(hook));
    assert.deepEqual(answer.webhook_events, ['user.updated']);
    await app.channel('old', ['mara']); // user.updated and channel.created; the latter is not asked for.
    const call = await receiver().waitForOne({ path: hook });
    app.assertSigned(call);
    await app.drained();
    assert.deepEqual(receiver().callsTo(hook).map((each) => each.json.type), ['user.updated']);
  });

  test('an empty list of events means all; an empty URL ends it', async () => {
    const app = await newApp({ use_hook_v2: false });
    const hook = path();
    await patch(app, { webhook_url: receiver().url(hook), webhook_events: [] });
    await app.channel('old', ['mara']);
    await receiver().waitForOne({ path: hook, type: 'user.updated' });
    await receiver().waitForOne({ path: hook, type: 'channel.created' });
    await app.drained();
    const before = receiver().callsTo(hook).length;
    await patch(app, { webhook_url: '' });
    await app.users('olaf');
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, before);
  });

  test('refuses event_hooks', async () => {
    const app = await newApp({ use_hook_v2: false });
    const { message } = await app.refuses(400, 4, 'PATCH', '/app', { event_hooks: [webhook('a')] });
    assert.equal(message, 'UpdateApp failed with error: "cannot set event hooks in hook v1 system"');
  });
});

suite('legacy mode and what is not carried out', ({ test, newApp }) => {
  test('queues, topics and pending messages: 501 naming the field', async () => {
    const app = await newApp({ use_hook_v2: false });
    for (const [field, value] of Object.entries({
      sqs_url: 'https://sqs.eu-west-1.amazonaws.com/1/q', sqs_key: 'k', sqs_secret: 's',
      sns_topic_arn: 'arn:aws:sns:eu-west-1:1:t', sns_key: 'k', sns_secret: 's',
      async_moderation_config: { timeout_ms: 100, callback: { mode: 'CALLBACK_MODE_REST', server_url: 'https://x.example' } },
    })) {
      const { message } = await app.refuses(501, 4, 'PATCH', '/app', { [field]: value });
      assert.ok(message.includes(field), message);
    }
    await patch(app, { sqs_url: '', sns_key: null, async_moderation_config: { timeout_ms: 0 } });
  });
});

suite('settings that mean nothing here', ({ test, newApp }) => {
  test('are refused by name', async () => {
    const app = await newApp();
    for (const [field, value] of Object.entries({
      enforce_unique_usernames: 'app', multi_tenant_enabled: true, grants: { user: [] }, moderation_enabled: true,
      moderation_webhook_url: 'https://hooks.example/m', channel_hide_members_only: true, reminders_interval: 90,
      datadog_info: { api_key: 'x' }, apn_config: { auth_key: 'x' }, firebase_config: { server_key: 'x' },
      push_config: { version: 'v1' }, member_custom_on_messages_enabled: true,
    })) {
      const { message } = await app.refuses(501, 4, 'PATCH', '/app', { [field]: value });
      assert.ok(message.includes(field), message);
    }
  });

  test('channel types are not changed by way of the app', async () => {
    const app = await newApp();
    for (const base of ['', '/api/v2']) {
      const read = (await app.call('GET', `${base}/app`)).app;
      await app.call('PATCH', `${base}/app`, read);
      const { messaging } = read.channel_configs;
      const body = { channel_configs: { ...read.channel_configs, messaging: { ...messaging, reactions: false } } };
      const { message } = await app.refuses(501, 4, 'PATCH', `${base}/app`, body);
      assert.match(message, /channel_configs cannot be changed by this server; update the channel type/);
    }
  });
});

suite('outside development mode', ({ test, server, receiver, path }) => {
  test('http URLs are refused when saved', async () => {
    const { app } = server();
    await app.refuses(400, 4, 'PATCH', '/app', { event_hooks: [webhook('x', { webhook_url: 'http://hooks.example/x' })] });
    await app.refuses(400, 4, 'PATCH', '/app', { before_message_send_hook_url: 'http://hooks.example/x' });
    await app.refuses(400, 4, 'PATCH', '/app', { custom_action_handler_url: 'http://hooks.example/x' });
    await patch(app, { event_hooks: [webhook('x')] });
  });

  test('a private address is never connected to', async () => {
    const { app } = server();
    const connections = receiver().connections;
    const hook = path();
    await app.hook(receiver().url(hook).replace('http:', 'https:'), 'user.updated');
    await app.users('mara');
    await app.drained();
    const [delivery] = await app.deliveries();
    assert.equal(delivery.state, 'dead', JSON.stringify(delivery));
    assert.equal(receiver().connections, connections);
  });
}, { server: { dev: false } });
