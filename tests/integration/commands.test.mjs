// Commands and channel types as an app's server manages them (docs/contract/routes.md#commands).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kBuiltIn = ['giphy', 'flag', 'ban', 'unban', 'mute', 'unmute'];
const names = (commands) => commands.map((command) => command.name);

suite('commands of an app', ({ test, newApp }) => {
  test('may leave everything but name and description empty', async () => {
    const app = await newApp();
    const { command } = await app.call('POST', '/commands', { name: 'ticket', description: '' });
    assert.deepEqual([command.description, command.args, command.set], ['', '', '']);
  });

  test('are flat in GetCommand and bear numbers as times in v2', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd', args: '[text]', set: 'desk_set' });
    const one = await app.call('GET', '/commands/ticket');
    assert.equal(one.set, 'desk_set');
    assert.match(one.duration, /ms$/);
    const v2 = await app.call('GET', '/api/v2/chat/commands/ticket');
    assert.ok(Number.isInteger(v2.created_at));
  });

  test('keep what an update does not name', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd', args: '[text]', set: 'desk_set' });
    const { command } = await app.call('PUT', '/commands/ticket', { description: 'new', name: 'other', app_pk: 7 });
    assert.deepEqual([command.name, command.description, command.args, command.set], ['ticket', 'new', '[text]', 'desk_set']);
  });

  test('belong to one app only', async () => {
    const [app, other] = [await newApp(), await newApp()];
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    await other.refuses(404, 16, 'GET', '/commands/ticket');
    assert.deepEqual(names((await other.call('GET', '/commands')).commands), kBuiltIn);
  });

  test('are refused when built in, too long, or not what they should be', async () => {
    const app = await newApp();
    for (const body of [
      { name: 'mute', description: 'x' }, { name: 'all', description: 'x' }, { name: 'a/b', description: 'x' },
      { name: 'x'.repeat(256), description: 'x' }, { name: 'x', description: 'y'.repeat(256) }, { name: 'x', description: 7 },
      { name: 'x', description: 'd', args: [] }, { name: 'x' }, {},
    ]) {
      await app.refuses(400, 4, 'POST', '/commands', body);
    }
    await app.refuses(400, 4, 'PUT', '/commands/giphy', { description: 'x' });
    await app.refuses(400, 4, 'DELETE', '/commands/giphy');
    assert.deepEqual(names((await app.call('GET', '/commands')).commands), kBuiltIn);
  });

  test('cannot be deleted while a channel type lists them by name', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd', set: 'desk_set' });
    await app.call('POST', '/channeltypes', { name: 'desk', commands: ['ticket'] });
    await app.refuses(400, 4, 'DELETE', '/commands/ticket');
    await app.call('PUT', '/channeltypes/desk', { commands: ['desk_set'] });
    await app.call('DELETE', '/commands/ticket');
    assert.deepEqual((await app.call('GET', '/channeltypes/desk')).commands, []);
  });

  test('need a server token', async () => {
    const app = await newApp();
    await app.users('mara');
    for (const [method, path, body] of [
      ['GET', '/commands'], ['POST', '/commands', { name: 'x', description: 'x' }], ['DELETE', '/commands/x'],
      ['GET', '/channeltypes'], ['POST', '/channeltypes', { name: 'x' }], ['PUT', '/channeltypes/messaging', {}],
      ['DELETE', '/channeltypes/messaging'],
    ]) {
      await app.refuses(403, 17, method, path, body, { as: 'mara' });
    }
  });

  test('work through the official SDK', async () => {
    const app = await newApp();
    const client = app.client();
    await client.createCommand({ name: 'ticket', description: 'Opens a ticket' });
    assert.equal((await client.getCommand('ticket')).description, 'Opens a ticket');
    await client.updateCommand('ticket', { description: 'Better' });
    assert.ok(names((await client.listCommands()).commands).includes('ticket'));
    const created = await client.createChannelType({ name: 'desk' });
    assert.ok(created.commands.includes('ticket')); // The SDK asks for all.
    await client.updateChannelType('desk', { commands: ['ticket'] });
    assert.deepEqual(names((await client.getChannelType('desk')).commands), ['ticket']);
    await client.deleteChannelType('desk');
    await client.deleteCommand('ticket');
  });
});

suite('commands of channel types', ({ test, newApp }) => {
  test('are the built-in ones in built-in types, and all in new ones', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    assert.deepEqual(names((await app.call('GET', '/channeltypes/messaging')).commands), kBuiltIn);
    const created = await app.call('POST', '/channeltypes', { name: 'desk' });
    assert.deepEqual(created.commands, [...kBuiltIn, 'ticket']);
  });

  test('are names, sets or all', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd', set: 'desk_set' });
    const set = async (...commands) => (await app.call('PUT', '/channeltypes/messaging', { commands })).commands;
    assert.deepEqual(await set('giphy', 'ticket'), ['giphy', 'ticket']);
    assert.deepEqual(await set('fun_set', 'desk_set'), ['giphy', 'ticket']);
    assert.deepEqual(await set('moderation_set'), kBuiltIn.slice(1));
    assert.deepEqual(await set('all'), [...kBuiltIn, 'ticket']);
    assert.deepEqual(await set(), []);
    for (const commands of [['nonesuch'], ['giphy', ''], [7], 'all', {}]) {
      await app.refuses(400, 4, 'PUT', '/channeltypes/messaging', { commands });
    }
  });

  test('show as objects in channels, as names in GET /app, and follow changes at once', async () => {
    const app = await newApp();
    await app.call('POST', '/commands', { name: 'ticket', description: 'd' });
    await app.call('PUT', '/channeltypes/messaging', { commands: ['ticket'] });
    const { channel } = await app.channel('dock', ['mara']);
    assert.deepEqual(names(channel.config.commands), ['ticket']);
    assert.deepEqual((await app.call('GET', '/app')).app.channel_configs.messaging.commands, ['ticket']);
    await app.call('PUT', '/commands/ticket', { description: 'new' });
    const again = await app.call('POST', '/channels/messaging/dock/query', { state: false });
    assert.equal(again.channel.config.commands[0].description, 'new');
  });

  test('are narrowed by a channel', async () => {
    const app = await newApp();
    const { channel } = await app.channel('dock', ['mara'], { config_overrides: { commands: ['mute', 'nonesuch'] } });
    assert.deepEqual(names(channel.config.commands), ['mute']);
    await app.refuses(400, 4, 'POST', '/channels/messaging/two/query', {
      data: { created_by_id: 'mara', config_overrides: { commands: 'mute' } },
    });
  });
});

suite('settings of channel types', ({ test, newApp }) => {
  test('are kept, and given back', async () => {
    const app = await newApp();
    const settings = {
      message_retention: 'infinite', automod: 'disabled', automod_behavior: 'flag', allowed_flag_reasons: ['spam'],
      mark_messages_pending: false, polls: false, push_notifications: false, typing_events: false,
    };
    await app.call('POST', '/channeltypes', { name: 'desk', ...settings, blocklist: '', blocklists: [], permissions: [], grants: {} });
    const type = await app.call('GET', '/channeltypes/desk');
    for (const [name, value] of Object.entries(settings)) assert.deepEqual(type[name], value, name);
    const changed = await app.call('PUT', '/channeltypes/desk', { automod: 'disabled', grants: type.grants, polls: null });
    assert.equal(changed.automod, 'disabled');
    assert.deepEqual([changed.grants, changed.permissions], [type.grants, []]);
    const { created_at, updated_at, name, ...rest } = type;
    await app.call('PUT', '/channeltypes/desk', rest);
    await app.users('mara');
    const { channel } = await app.call('POST', '/channels/desk/x/query', { data: { created_by_id: 'mara' } });
    assert.deepEqual(channel.config.allowed_flag_reasons, ['spam']);
    assert.equal('permissions' in channel.config, false);
    await app.refuses(400, 18, 'POST', '/channels/desk/x/event', { event: { type: 'typing.start', user_id: 'mara' } });
  });

  test('are refused by name when nothing would come of them', async () => {
    const app = await newApp();
    for (const [field, value] of [['mark_messages_pending', true], ['message_retention', '30'], ['grants', { user: [] }], ['polls', true], ['partition_ttl', '24h']]) {
      const { message } = await app.refuses(501, 4, 'PUT', '/channeltypes/messaging', { [field]: value });
      assert.match(message, new RegExp(field));
    }
    for (const [field, value] of [['name', 'other'], ['updated_at', '2026-01-01T00:00:00Z'], ['created_at', '2026-01-01T00:00:00Z']]) {
      const { message } = await app.refuses(400, 4, 'PUT', '/channeltypes/messaging', { [field]: value });
      assert.match(message, new RegExp(field));
    }
    await app.call('PUT', '/channeltypes/messaging', { name: '', updated_at: '0001-01-01T00:00:00Z', created_at: null, max_message_length: 30000 });
    assert.equal((await app.call('GET', '/channeltypes/messaging')).max_message_length, 30000);
  });

  test('are refused when they are not what they should be', async () => {
    const app = await newApp();
    for (const wrong of [
      { max_message_length: -1 }, { max_message_length: '7' }, { message_retention: 'forever' }, { automod: 'psychic' },
      { automod_behavior: 'shout' }, { push_level: 'loud' }, { blocklist: 7 }, { blocklist_behavior: 'x' },
      { blocklists: [{ blocklist: 'x' }] }, { permissions: [{ name: 'x', action: 'Maybe', priority: 1 }] },
      { permissions: [{ name: 'x', action: 'Allow', priority: 1000 }] }, { grants: { user: 'all' } }, { grants: ['user'] },
      { allowed_flag_reasons: 'spam' }, { polls: 'yes' }, { partition_size: 'big' }, { chat_preferences: ['all'] }, { reaktions: true },
    ]) {
      await app.refuses(400, 4, 'PUT', '/channeltypes/messaging', wrong);
    }
    for (const name of ['messaging', 'two words', 'x'.repeat(65), '', 7]) {
      await app.refuses(400, 4, 'POST', '/channeltypes', { name });
    }
  });

  test('that would moderate are refused by name', async () => {
    const app = await newApp();
    for (const settings of [{ automod: 'simple' }, { automod: 'AI' }, { blocklist: 'rude' }, { blocklists: [{ blocklist: 'rude', behavior: 'flag' }] }]) {
      const { message } = await app.refuses(501, 4, 'PUT', '/channeltypes/messaging', settings);
      assert.match(message, new RegExp(Object.keys(settings)[0]));
    }
    await app.users('mara');
    const { message } = await app.refuses(501, 4, 'POST', '/channels/messaging/x/query', { data: { created_by_id: 'mara', config_overrides: { blocklist: 'rude' } } });
    assert.match(message, /config_overrides\.blocklist/);
  });

  test('count zero values of some clients as not given', async () => {
    const app = await newApp();
    const type = await app.call('POST', '/channeltypes', { name: 'desk', max_message_length: 0, automod: '', message_retention: '', commands: null });
    assert.deepEqual([type.max_message_length, type.automod, type.message_retention], [5000, 'disabled', 'infinite']);
  });

  test('name the type that is not there', async () => {
    const app = await newApp();
    for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']]) {
      const { message } = await app.refuses(404, 16, method, '/channeltypes/nonesuch', body);
      assert.match(message, /"nonesuch is not a defined channel type"$/);
    }
    await app.refuses(400, 4, 'DELETE', '/channeltypes/messaging');
  });
});
