// A day in a chat application: the official SDK with the server's rights, start to end, and what
// the webhook saw of it.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { eventually } from '../harness/wait.mjs';

suite('the official SDK', ({ test, newApp, receiver, path }) => {
  const open = async (id, members = ['mara', 'olaf']) => {
    const app = await newApp();
    const client = app.client();
    await client.upsertUsers(members.map((each) => ({ id: each, name: each.toUpperCase() })));
    const channel = client.channel('messaging', id, { created_by_id: members[0], members, name: 'The dock' });
    await channel.create();
    const hook = path();
    await app.hook(receiver().url(hook));
    return { app, client, channel, hook };
  };

  test('users: upsert, partial update, query', async () => {
    const { client } = await open('users');
    const { users } = await client.upsertUsers([{ id: 'ines', role: 'admin', deck: 3, shift: 'late' }]);
    assert.equal(users.ines.role, 'admin');
    const partial = await client.partialUpdateUser({ id: 'ines', set: { deck: 4 }, unset: ['shift'] });
    assert.equal(partial.users.ines.deck, 4);
    assert.equal('shift' in partial.users.ines, false);
    const found = await client.queryUsers({ id: { $in: ['ines', 'mara'] } }, [{ id: -1 }]);
    assert.deepEqual(found.users.map((user) => user.id), ['mara', 'ines']);
  });

  test('channels: create, watch-like query, members, update, query', async () => {
    const { client, channel } = await open('channels');
    assert.equal(channel.data.name, 'The dock');
    assert.equal(Object.keys(channel.state.members).length, 0, 'create() asks for no state');
    const state = await channel.query({ state: true });
    assert.deepEqual(state.members.map((member) => member.user_id).sort(), ['mara', 'olaf']);
    await client.upsertUser({ id: 'ines' });
    await channel.addMembers([{ user_id: 'ines', shift: 'late' }]);
    await channel.addModerators(['ines']);
    const { members } = await channel.queryMembers({ id: 'ines' });
    assert.equal(members[0].channel_role, 'channel_moderator');
    assert.equal(members[0].shift, 'late');
    await channel.partialUpdateMember('ines', { set: { shift: 'early' } });
    await channel.removeMembers(['ines']);
    await channel.updatePartial({ set: { colour: 'red' } });
    await channel.update({ name: 'New name' }, { text: 'renamed', user_id: 'mara' });
    const [found] = await client.queryChannels({ cid: channel.cid }, [{ last_message_at: -1 }], { watch: false, state: true });
    assert.equal(found.data.name, 'New name');
    assert.equal(found.state.messages.at(-1).text, 'renamed');
    const { task_id: task } = await client.deleteChannels([channel.cid]);
    await eventually(async () => (await client.getTask(task)).status === 'completed', { what: 'the task' });
  });

  test('messages: send, reply, react, edit, read, delete', async () => {
    const { app, client, channel, hook } = await open('messages');
    const { message } = await channel.sendMessage({ text: 'hello', user_id: 'mara', priority: 'high' });
    const { message: reply } = await channel.sendMessage({ text: 'hi', user_id: 'olaf', parent_id: message.id });
    assert.equal(reply.parent_id, message.id);
    const { messages: replies } = await channel.getReplies(message.id, {});
    assert.deepEqual(replies.map((each) => each.id), [reply.id]);
    await channel.sendReaction(message.id, { type: 'like', user_id: 'olaf' });
    const { reactions } = await channel.getReactions(message.id, { limit: 10 });
    assert.equal(reactions[0].type, 'like');
    await channel.deleteReaction(message.id, 'like', 'olaf');
    await client.updateMessage({ id: message.id, text: 'hello!', user_id: 'mara' });
    await client.partialUpdateMessage(message.id, { set: { priority: 'low' } }, 'mara');
    const { message: found } = await client.getMessage(message.id);
    assert.equal(found.text, 'hello!');
    assert.equal(found.priority, 'low');
    const { messages } = await channel.getMessagesById([message.id, reply.id]);
    assert.equal(messages.length, 2);
    await channel.markRead({ user_id: 'olaf' });
    await channel.sendEvent({ type: 'crane_moved', user_id: 'mara', berth: 'B3' });
    await client.sendUserCustomEvent('mara', { type: 'shift_over' });
    await client.deleteMessage(message.id);
    await client.deleteMessage(reply.id, true);
    await app.drained();
    const seen = receiver().callsTo(hook);
    for (const call of seen) {
      app.assertSigned(call);
      assert.equal(client.verifyAndParseWebhook(call.raw, call.headers['x-signature']).type, call.json.type);
    }
    assert.deepEqual(seen.map((call) => call.json.type).sort(), [
      'crane_moved', 'message.deleted', 'message.deleted', 'message.new', 'message.new', 'message.read', 'message.updated',
      'message.updated', 'reaction.deleted', 'reaction.new', 'shift_over',
    ]);
  });

  test('errors arrive as the SDK describes them', async () => {
    const { client, channel } = await open('errors');
    await assert.rejects(client.getMessage('nope'), (error) => {
      assert.equal(error.code, 16);
      assert.equal(error.status, 404);
      assert.equal(error.message, `StreamChat error code 16: GetMessage failed with error: "message with id nope doesn't exist"`);
      return true;
    });
    await channel.sendMessage({ id: 'same', text: 'x', user_id: 'mara' });
    await assert.rejects(channel.sendMessage({ id: 'same', text: 'x', user_id: 'mara' }), (error) => error.code === 4 && error.status === 400);
    await assert.rejects(client.channel('messaging', 'ownerless').create(), /either data\.created_by or data\.created_by_id must be provided/);
    await assert.rejects(client.channel('nonesuch', 'x', { created_by_id: 'mara' }).create(), /nonesuch is not a defined channel type/);
  });

  test('channel types and commands', async () => {
    const { client } = await open('types');
    await client.createChannelType({ name: 'harbour', replies: false });
    const type = await client.getChannelType('harbour');
    assert.equal(type.replies, false);
    assert.ok(type.commands.length >= 6, 'the SDK asks for all commands by default');
    assert.ok((await client.listChannelTypes()).channel_types.harbour);
    await client.updateChannelType('harbour', { replies: true });
    await client.deleteChannelType('harbour');
    await client.createCommand({ name: 'ticket', description: 'Opens a ticket' });
    assert.ok((await client.listCommands()).commands.some((command) => command.name === 'ticket'));
    assert.equal((await client.getCommand('ticket')).name, 'ticket');
    await client.updateCommand('ticket', { description: 'Better' });
    await client.deleteCommand('ticket');
  });

  test('a user with a token from createToken', async () => {
    const { app, client, channel } = await open('tokens');
    const token = client.createToken('olaf');
    const answer = await app.request('POST', `/channels/messaging/${channel.id}/message`, { message: { text: 'me' } }, { token });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.message.user.id, 'olaf');
  });
}, { concurrency: 3 });
