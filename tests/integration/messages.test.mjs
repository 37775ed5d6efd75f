// Messages, replies, reactions, read positions (docs/contract/routes.md#messages).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';

suite('messages', ({ test, newApp }) => {
  test('a sent message has all that clients expect', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    const message = await app.send('dock', {
      text: 'crane is free', user_id: 'mara', berth: 'B2', silent: true, mentioned_users: ['olaf'],
      attachments: [{ type: 'image', image_url: 'https://example.com/a.png', crate: 12 }],
    });
    assert.match(message.id, /./);
    assert.equal(message.text, 'crane is free');
    assert.equal(message.html, '<p>crane is free</p>\n');
    assert.equal(message.type, 'regular');
    assert.equal(message.cid, 'messaging:dock');
    assert.equal(message.user.id, 'mara');
    assert.equal(message.user.name, 'Name of mara');
    assert.equal(message.berth, 'B2');
    assert.equal(message.custom, undefined);
    assert.equal(message.silent, true);
    assert.equal(message.shadowed, false);
    assert.equal(message.pinned, false);
    assert.deepEqual(message.mentioned_users.map((user) => user.id), ['olaf']);
    assert.deepEqual(message.attachments, [{ type: 'image', image_url: 'https://example.com/a.png', crate: 12 }]);
    assert.deepEqual([message.latest_reactions, message.own_reactions], [[], []]);
    assert.equal(message.reply_count, 0);
    assert.equal(message.created_at, message.updated_at);
    nanoseconds(message.created_at);
    const found = (await app.call('GET', `/messages/${message.id}`)).message;
    assert.equal(found.channel.cid, 'messaging:dock');
    assert.equal(found.text, message.text);
    assert.equal(found.created_at, message.created_at);
  });

  test('HTML is made from the text, safely', async () => {
    const app = await newApp();
    await app.channel('html', ['mara']);
    const message = await app.send('html', { text: '<script>alert(1)</script> & "x"', user_id: 'mara' });
    assert.ok(!message.html.includes('<script>'), message.html);
    assert.equal(message.text, '<script>alert(1)</script> & "x"');
  });

  test('a user object as the actor is created on the way', async () => {
    const app = await newApp();
    await app.channel('auto', ['mara']);
    const message = await app.send('auto', { text: 'x', user: { id: 'fresh', name: 'Fresh', deck: 3 } });
    assert.equal(message.user.id, 'fresh');
    assert.equal(message.user.name, 'Fresh');
    assert.equal(message.user.deck, 3);
  });

  test('several are fetched by id', async () => {
    const app = await newApp();
    await app.channel('many', ['mara']);
    await app.channel('elsewhere', ['mara']);
    for (const id of ['m1', 'm2', 'm3']) await app.send('many', { id, text: id, user_id: 'mara' });
    await app.send('elsewhere', { id: 'm4', text: 'm4', user_id: 'mara' });
    const { messages } = await app.call('GET', '/channels/messaging/many/messages?ids=m3,m1,nope,m4');
    assert.deepEqual(messages.map((message) => message.id).sort(), ['m1', 'm3']);
  });

  test('an update replaces, a partial update merges', async () => {
    const app = await newApp();
    await app.channel('edit', ['mara']);
    await app.send('edit', { id: 'e1', text: 'one', user_id: 'mara', berth: { deck: 1, row: 2 }, old: 1 });
    const partial = (
      await app.call('PUT', '/messages/e1', { set: { 'berth.deck': 9, fresh: true }, unset: ['old'], user_id: 'mara' })
    ).message;
    assert.deepEqual(partial.berth, { deck: 9, row: 2 });
    assert.equal(partial.fresh, true);
    assert.equal('old' in partial, false);
    assert.equal(partial.text, 'one');
    assert.equal(partial.message_text_updated_at, undefined);
    const full = (await app.call('POST', '/messages/e1', { message: { id: 'e1', text: 'two', user_id: 'mara' } })).message;
    assert.equal(full.text, 'two');
    assert.equal(full.html, '<p>two</p>\n');
    assert.equal('berth' in full, false);
    nanoseconds(full.message_text_updated_at);
    assert.equal(full.created_at, partial.created_at);
    assert.ok(nanoseconds(full.updated_at) > nanoseconds(full.created_at));
    await app.refuses(404, 16, 'POST', '/messages/none', { message: { id: 'none', text: 'x', user_id: 'mara' } });
  });

  test('pinning', async () => {
    const app = await newApp();
    await app.channel('pins', ['mara']);
    await app.send('pins', { id: 'p1', text: 'x', user_id: 'mara' });
    const { message } = await app.call('PUT', '/messages/p1', { set: { pinned: true }, user_id: 'mara' });
    assert.equal(message.pinned, true);
    assert.equal(message.pinned_by.id, 'mara');
    nanoseconds(message.pinned_at);
    const state = await app.call('POST', '/channels/messaging/pins/query', { state: true });
    assert.deepEqual(state.pinned_messages.map((each) => each.id), ['p1']);
  });

  test('deleting softly keeps a tombstone, deleting hard keeps nothing', async () => {
    const app = await newApp();
    await app.channel('bin', ['mara']);
    await app.send('bin', { id: 'd1', text: 'one', user_id: 'mara' });
    await app.send('bin', { id: 'd2', text: 'two', user_id: 'mara' });
    const soft = (await app.call('DELETE', '/messages/d1')).message;
    assert.equal(soft.type, 'deleted');
    nanoseconds(soft.deleted_at);
    assert.equal((await app.call('GET', '/messages/d1')).message.type, 'deleted');
    await app.call('DELETE', '/messages/d2?hard=true');
    await app.refuses(404, 16, 'GET', '/messages/d2');
    await app.refuses(404, 16, 'DELETE', '/messages/d2');
  });

  test('replies count on the parent and do not nest', async () => {
    const app = await newApp();
    await app.channel('thread', ['mara', 'olaf']);
    await app.send('thread', { id: 'root', text: 'root', user_id: 'mara' });
    for (const id of ['r1', 'r2', 'r3']) {
      const reply = await app.send('thread', { id, text: id, parent_id: 'root', user_id: 'olaf' });
      assert.equal(reply.type, 'reply');
      assert.equal(reply.parent_id, 'root');
    }
    const parent = (await app.call('GET', '/messages/root')).message;
    assert.equal(parent.reply_count, 3);
    assert.ok(parent.thread_participants.some((user) => user.id === 'olaf'));
    const { messages } = await app.call('GET', '/messages/root/replies?limit=2');
    assert.deepEqual(messages.map((message) => message.id), ['r2', 'r3']);
    const older = await app.call('GET', '/messages/root/replies?limit=2&id_lt=r2');
    assert.deepEqual(older.messages.map((message) => message.id), ['r1']);
    const state = await app.call('POST', '/channels/messaging/thread/query', { state: true });
    assert.deepEqual(state.messages.map((message) => message.id), ['root']); // Replies stay in their thread.
    await app.refuses(400, 21, 'POST', '/channels/messaging/thread/message', {
      message: { text: 'deeper', parent_id: 'r1', user_id: 'mara' },
    });
    const lost = await app.request('POST', '/channels/messaging/thread/message', {
      message: { text: 'lost', parent_id: 'nope', user_id: 'mara' },
    });
    assert.ok([400, 404].includes(lost.status), lost.text);
  });

  test('quoting', async () => {
    const app = await newApp();
    await app.channel('quote', ['mara']);
    await app.send('quote', { id: 'q1', text: 'first', user_id: 'mara' });
    const message = await app.send('quote', { text: 'second', quoted_message_id: 'q1', user_id: 'mara' });
    assert.equal(message.quoted_message_id, 'q1');
    assert.equal(message.quoted_message.text, 'first');
  });

  test('limits and wrong types are refused', async () => {
    const app = await newApp();
    await app.channel('limits', ['mara']);
    const refused = (code, message) =>
      app.refuses(400, code, 'POST', '/channels/messaging/limits/message', { message: { user_id: 'mara', ...message } });
    await refused(20, { text: 'x'.repeat(5001) });
    await refused(4, { text: 7 });
    await refused(4, { text: 'x', attachments: 'none' });
    await refused(4, { text: 'x', attachments: Array.from({ length: 31 }, () => ({ type: 'image' })) });
    await refused(4, { text: 'x', mentioned_users: 'olaf' });
    await refused(4, { text: 'x', id: 'i'.repeat(256) });
    await refused(4, { text: 'x', type: 'wonderful' });
    await refused(4, { text: 'x', silent: 'very' });
    await app.refuses(400, 4, 'POST', '/channels/messaging/limits/message', {});
    await app.refuses(400, 4, 'POST', '/channels/messaging/limits/message', { message: [] });
    await app.refuses(404, 16, 'POST', '/channels/messaging/nowhere/message', { message: { text: 'x', user_id: 'mara' } });
    const text = 'x'.repeat(5000);
    assert.equal((await app.send('limits', { text, user_id: 'mara' })).text, text);
  });
});

suite('reactions', ({ test, newApp }) => {
  const setUp = async (app) => {
    await app.channel('react', ['mara', 'olaf']);
    await app.send('react', { id: 'm', text: 'x', user_id: 'mara' });
  };
  const react = (app, reaction, more = {}) => app.call('POST', '/messages/m/reaction', { reaction, ...more });

  test('are counted, scored and grouped', async () => {
    const app = await newApp();
    await setUp(app);
    await react(app, { type: 'like', user_id: 'mara' });
    await react(app, { type: 'like', user_id: 'olaf', score: 4 });
    const { message, reaction } = await react(app, { type: 'love', user_id: 'olaf', why: 'nice' });
    assert.equal(reaction.type, 'love');
    assert.equal(reaction.why, 'nice');
    assert.equal(reaction.user_id, 'olaf');
    assert.equal(reaction.score, 1);
    assert.equal(reaction.message_id, 'm');
    assert.deepEqual(message.reaction_counts, { like: 2, love: 1 });
    assert.deepEqual(message.reaction_scores, { like: 5, love: 1 });
    assert.equal(message.reaction_groups.like.count, 2);
    assert.equal(message.reaction_groups.like.sum_scores, 5);
    assert.equal(message.latest_reactions.length, 3);
  });

  test('the same one again replaces its score; enforce_unique replaces the others', async () => {
    const app = await newApp();
    await setUp(app);
    await react(app, { type: 'like', user_id: 'mara' });
    const again = await react(app, { type: 'like', user_id: 'mara', score: 5 });
    assert.deepEqual(again.message.reaction_counts, { like: 1 });
    assert.deepEqual(again.message.reaction_scores, { like: 5 });
    const unique = await react(app, { type: 'love', user_id: 'mara' }, { enforce_unique: true });
    assert.deepEqual(unique.message.reaction_counts, { love: 1 });
  });

  test('are listed and deleted', async () => {
    const app = await newApp();
    await setUp(app);
    await react(app, { type: 'like', user_id: 'mara' });
    await react(app, { type: 'love', user_id: 'olaf' });
    const { reactions } = await app.call('GET', '/messages/m/reactions');
    assert.deepEqual(reactions.map((each) => each.type).sort(), ['like', 'love']);
    assert.equal((await app.call('GET', '/messages/m/reactions?limit=1&offset=1')).reactions.length, 1);
    const { message, reaction } = await app.call('DELETE', '/messages/m/reaction/like?user_id=mara');
    assert.equal(reaction.type, 'like');
    assert.deepEqual(message.reaction_counts, { love: 1 });
    await app.refuses(404, 16, 'DELETE', '/messages/m/reaction/like?user_id=mara');
    await app.refuses(404, 16, 'POST', '/messages/none/reaction', { reaction: { type: 'like', user_id: 'mara' } });
  });

  test('bad ones are refused', async () => {
    const app = await newApp();
    await setUp(app);
    for (const reaction of [{}, { type: 'like' }, { type: '', user_id: 'mara' }, { type: 'x'.repeat(31), user_id: 'mara' },
      { type: 7, user_id: 'mara' }, { type: 'like', user_id: 'mara', score: 'many' }]) {
      await app.refuses(400, 4, 'POST', '/messages/m/reaction', { reaction });
    }
  });
});

suite('read positions', ({ test, newApp }) => {
  test('unread counts follow messages and reading', async () => {
    const app = await newApp();
    await app.channel('one', ['mara', 'olaf']);
    const read = async (id) => {
      const state = await app.call('POST', '/channels/messaging/one/query', { state: true });
      return state.read.find((each) => each.user.id === id);
    };
    await app.send('one', { id: 'm1', text: '1', user_id: 'mara' });
    await app.send('one', { id: 'm2', text: '2', user_id: 'mara' });
    assert.equal((await read('olaf')).unread_messages, 2);
    assert.equal((await read('mara')).unread_messages, 0);
    const { event } = await app.call('POST', '/channels/messaging/one/read', { user_id: 'olaf' });
    assert.equal(event.type, 'message.read');
    assert.equal(event.user.id, 'olaf');
    assert.equal(event.cid, 'messaging:one');
    assert.equal((await read('olaf')).unread_messages, 0);
    assert.equal((await read('olaf')).last_read_message_id, 'm2');
    await app.call('POST', '/channels/messaging/one/read', { user: { id: 'olaf' } });
  });

  test('all channels at once', async () => {
    const app = await newApp();
    for (const id of ['a', 'b']) {
      await app.channel(id, ['mara', 'olaf']);
      await app.send(id, { text: 'x', user_id: 'mara' });
    }
    await app.call('POST', '/channels/read', { user_id: 'olaf' });
    for (const id of ['a', 'b']) {
      const { read } = await app.call('POST', `/channels/messaging/${id}/query`, { state: true });
      assert.equal(read.find((each) => each.user.id === 'olaf').unread_messages, 0);
    }
  });
});

suite('commands', ({ test, newApp }) => {
  test('are created, listed, changed and deleted', async () => {
    const app = await newApp();
    const { command } = await app.call('POST', '/commands', { name: 'ticket', description: 'Opens a ticket' });
    assert.equal(command.name, 'ticket');
    nanoseconds(command.created_at);
    const { commands } = await app.call('GET', '/commands');
    for (const name of ['giphy', 'flag', 'ban', 'unban', 'mute', 'unmute', 'ticket']) {
      assert.ok(commands.some((each) => each.name === name), name);
    }
    assert.equal((await app.call('GET', '/commands/ticket')).description, 'Opens a ticket');
    const changed = (await app.call('PUT', '/commands/ticket', { description: 'Better', args: '[text]' })).command;
    assert.equal(changed.description, 'Better');
    assert.equal(changed.args, '[text]');
    for (const body of [
      { name: 'ticket', description: 'again' }, { name: 'giphy', description: 'x' }, { name: 'two words', description: 'x' },
      { name: '', description: 'x' }, { description: 'x' },
    ]) {
      await app.refuses(400, 4, 'POST', '/commands', body);
    }
    assert.equal((await app.call('DELETE', '/commands/ticket')).name, 'ticket');
    await app.refuses(404, 16, 'DELETE', '/commands/ticket');
    await app.refuses(404, 16, 'PUT', '/commands/ticket', { description: 'x' });
  });
});
