// The official Node client of the /api/v2 routes, unmodified: a customer's flow, with the client's
// own verification and parsing of webhooks. Its hooks get payloads of v1: custom fields lie flat.
import assert from 'node:assert/strict';
import { StreamClient } from '@stream-io/node-sdk';
import { suite } from '../harness/suite.mjs';

const kTimeoutMs = 30_000;

suite('the official Node client', ({ test, newApp, receiver, path }) => {
  const start = async () => {
    const app = await newApp();
    const client = new StreamClient(app.key, app.secret, { basePath: app.server.origin, timeout: kTimeoutMs });
    await client.upsertUsers([{ id: 'mara', name: 'Mara', custom: { berth: 'B3' } }, { id: 'olaf', role: 'admin' }, { id: 'pia' }]);
    return client;
  };
  const open = async (client, id, users) => {
    const channel = client.chat.channel('messaging', id);
    const data = { created_by_id: users[0], custom: { name: 'Dock' }, members: users.map((user_id) => ({ user_id })) };
    const { members } = await channel.getOrCreate({ data });
    assert.deepEqual(members.map((member) => member.user_id).sort(), [...users].sort());
    return channel;
  };
  const addHook = async (client, hookPath) => {
    const { app } = await client.getApp();
    const hook = { enabled: true, hook_type: 'webhook', webhook_url: receiver().url(hookPath), event_types: [] };
    await client.updateApp({ event_hooks: [...(app.event_hooks ?? []), hook] });
  };

  test('hooks are kept, and what they bring is verified and parsed', async () => {
    const client = await start();
    const [first, second] = [path(), path()];
    await addHook(client, first);
    await addHook(client, second);
    const hooks = (await client.getApp()).app.event_hooks;
    assert.deepEqual(hooks.map((hook) => hook.webhook_url), [first, second].map((each) => receiver().url(each)));
    await client.updateApp({ event_hooks: hooks.slice(1) });

    const received = async (type) => {
      const { raw, headers } = await receiver().waitForOne({ path: second, type });
      const signature = headers['x-signature'];
      assert.ok(client.verifyWebhook(raw, signature));
      assert.throws(() => client.verifyAndParseWebhook(Buffer.concat([raw, Buffer.from(' ')]), signature));
      const event = client.verifyAndParseWebhook(raw, signature);
      assert.equal(event.type, type);
      return event;
    };
    const channel = await open(client, 'hooked', ['mara', 'olaf']);
    assert.equal((await received('channel.created')).cid, 'messaging:hooked');
    const { message } = await channel.sendMessage({ message: { text: 'hi', user_id: 'mara', custom: { priority: 1.5 } } });
    const sent = await received('message.new');
    assert.deepEqual([sent.message.id, sent.message.user.id, sent.message.priority], [message.id, 'mara', 1.5]);
    assert.equal(new Date(sent.message.created_at).getTime(), message.created_at.getTime());
    await client.chat.sendReaction({ id: message.id, reaction: { type: 'like', user_id: 'olaf' } });
    assert.equal((await received('reaction.new')).reaction.type, 'like');
    await channel.sendEvent({ event: { type: 'crane_moved', user_id: 'mara', custom: { berth: 'B3' } } });
    assert.equal((await received('crane_moved')).berth, 'B3');
    await client.moderation.ban({ target_user_id: 'pia', banned_by_id: 'mara', reason: 'x', timeout: 60 });
    assert.equal((await received('user.banned')).reason, 'x');
    await client.moderation.unban({ target_user_id: 'pia' });
    await received('user.unbanned');
    await client.moderation.flag({
      entity_type: 'stream:chat:v1:message', entity_id: message.id, entity_creator_id: 'mara', reason: 'spam', user_id: 'olaf',
    });
    await received('message.flagged');
    await client.chat.deleteMessage({ id: message.id });
    await received('message.deleted');
    await channel.delete();
    await received('channel.deleted');
    assert.deepEqual(receiver().callsTo(first).filter((call) => call.json.cid === 'messaging:hooked'), []);
  });

  test('messages and reactions', async () => {
    const client = await start();
    const channel = await open(client, 'talk', ['mara', 'olaf']);
    const attachments = [{ type: 'image', image_url: 'https://a.example/b.png', custom: {} }];
    const { message } = await channel.sendMessage({ message: { text: 'hi', user_id: 'mara', attachments, mentioned_users: ['olaf'] } });
    assert.deepEqual(message.mentioned_users.map((user) => user.id), ['olaf']);
    const { id } = message;
    const { message: reply } = await channel.sendMessage({ message: { text: 'ho', user_id: 'olaf', parent_id: id } });
    assert.deepEqual((await client.chat.getReplies({ parent_id: id })).messages.map((each) => each.id), [reply.id]);
    await client.chat.sendReaction({ id, reaction: { type: 'like', user_id: 'olaf', score: 3 } });
    assert.deepEqual((await client.chat.getReactions({ id })).reactions.map((each) => [each.type, each.score]), [['like', 3]]);
    await client.chat.deleteReaction({ id, type: 'like', user_id: 'olaf' });
    await client.chat.updateMessage({ id, message: { text: 'he', user_id: 'mara' } });
    await client.chat.updateMessagePartial({ id, set: { text: 'hu', pinned: true }, user_id: 'mara' });
    const { message: got } = await client.chat.getMessage({ id });
    assert.deepEqual([got.text, got.pinned, got.reply_count, got.reaction_counts], ['hu', true, 1, {}]);
    assert.equal(got.created_at.getTime(), message.created_at.getTime());
    assert.equal((await channel.getManyMessages({ ids: [id, reply.id] })).messages.length, 2);
    assert.equal((await client.chat.deleteMessage({ id })).message.type, 'deleted');
  });

  test('users, channels and members', async () => {
    const client = await start();
    const channel = await open(client, 'crew', ['mara', 'olaf', 'pia']);
    await client.updateUsersPartial({ users: [{ id: 'mara', set: { color: 'red' }, unset: ['berth'] }] });
    const { users } = await client.queryUsers({
      payload: { filter_conditions: { id: { $in: ['mara', 'olaf'] } }, sort: [{ field: 'id', direction: -1 }] },
    });
    assert.deepEqual(users.map((user) => [user.id, user.custom]), [['olaf', {}], ['mara', { color: 'red' }]]);
    await channel.update({ remove_members: ['pia'] });
    await channel.update({ add_members: [{ user_id: 'pia', custom: { shift: 2 } }] });
    const { members } = await channel.queryMembers({ payload: { filter_conditions: {} } });
    assert.deepEqual(
      Object.fromEntries(members.map((member) => [member.user_id, member.custom])),
      { mara: {}, olaf: {}, pia: { shift: 2 } },
    );
    const { channel: partial } = await channel.updateChannelPartial({ set: { color: 'blue' }, unset: ['name'] });
    assert.deepEqual(partial.custom, { color: 'blue' });
    const { channels } = await client.chat.queryChannels({
      filter_conditions: { members: { $in: ['pia'] } }, sort: [{ field: 'last_message_at', direction: -1 }], limit: 10,
    });
    assert.deepEqual(channels.map((each) => each.channel.cid), ['messaging:crew']);
    await channel.markRead({ user_id: 'mara' });
    await channel.hide({ user_id: 'mara' });
    await channel.show({ user_id: 'mara' });
    const { mutes } = await client.moderation.mute({ target_ids: ['pia'], user_id: 'mara' });
    assert.deepEqual(mutes.map((mute) => mute.target.id), ['pia']);
    await client.moderation.unmute({ target_ids: ['pia'], user_id: 'mara' });
  });

  test('channel types and commands', async () => {
    const { chat } = await start();
    await chat.createCommand({ name: 'ticket', description: 'Open a ticket' });
    await chat.updateCommand({ name: 'ticket', description: 'Open one' });
    assert.equal((await chat.getCommand({ name: 'ticket' })).description, 'Open one');
    assert.ok((await chat.listCommands()).commands.some((command) => command.name === 'ticket'));
    const settings = { name: 'desk', automod: 'disabled', automod_behavior: 'flag' };
    await chat.createChannelType({ ...settings, max_message_length: 3000, commands: ['ticket'] });
    await chat.updateChannelType({ ...settings, max_message_length: 2000, typing_events: false });
    const desk = await chat.getChannelType({ name: 'desk' });
    assert.deepEqual([desk.max_message_length, desk.typing_events, desk.reactions], [2000, false, true]);
    assert.ok('desk' in (await chat.listChannelTypes()).channel_types);
    await chat.deleteChannelType({ name: 'desk' });
    await chat.deleteCommand({ name: 'ticket' });
  });
});
