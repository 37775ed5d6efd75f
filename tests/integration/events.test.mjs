// Every event that fires: what causes it, and its payload (docs/contract/payloads.md#catalogue).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';

const kZeroTime = '0001-01-01T00:00:00Z';

suite('events', ({ test, newApp, receiver, path }) => {
  /** An app with a channel `messaging:dock` of mara and olaf, and then a hook for `types`. */
  const harbour = async (...types) => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf'], { name: 'Dock', berth: 4 });
    const hook = path();
    await app.hook(receiver().url(hook), ...types);
    /** Waits for the event of this type, checks what holds for all, and that no other one came. */
    const one = async (type, count = 1) => {
      const calls = await receiver().waitFor({ path: hook, type, count });
      await app.drained();
      assert.equal(receiver().callsTo(hook).filter((call) => call.json.type === type).length, count);
      for (const call of calls) {
        app.assertSigned(call);
        nanoseconds(call.json.created_at);
        assert.equal(call.json.custom, undefined, 'v1 events carry no custom object');
      }
      // Deliveries of a hook run side by side: what happened first may arrive last.
      const events = calls.map((call) => call.json);
      events.sort((a, b) => Number(nanoseconds(a.created_at) - nanoseconds(b.created_at)));
      return count === 1 ? events[0] : events;
    };
    return { app, hook, one };
  };

  const assertInDock = (event) => {
    assert.equal(event.cid, 'messaging:dock');
    assert.equal(event.channel_type, 'messaging');
    assert.equal(event.channel_id, 'dock');
  };

  const assertServerRequest = (event) => {
    assert.equal(event.request_info.type, 'server');
    assert.equal(event.request_info.ip, '127.0.0.1');
  };

  const member = (event, id) => event.members.find((each) => each.user_id === id);

  test('message.new', async () => {
    const { app, one } = await harbour('message.new');
    const sent = await app.send('dock', {
      text: 'crane is *free*', user_id: 'mara', priority: 'high', mentioned_users: ['olaf'],
      attachments: [{ type: 'image', image_url: 'https://example.com/a.png', crate: 12 }],
    });
    const event = await one('message.new');
    assertInDock(event);
    assertServerRequest(event);
    assert.equal(event.message_id, sent.id);
    assert.equal(event.message.id, sent.id);
    assert.equal(event.message.text, 'crane is *free*');
    assert.match(event.message.html, /^<p>.*<\/p>\n$/);
    assert.equal(event.message.type, 'regular');
    assert.equal(event.message.cid, 'messaging:dock');
    assert.equal(event.message.user.id, 'mara');
    assert.equal(event.message.priority, 'high');
    assert.deepEqual(event.message.attachments, [{ type: 'image', image_url: 'https://example.com/a.png', crate: 12 }]);
    assert.deepEqual(event.message.mentioned_users.map((user) => user.id), ['olaf']);
    assert.deepEqual(event.message.latest_reactions, []);
    assert.deepEqual(event.message.own_reactions, []);
    assert.equal(event.message.reply_count, 0);
    assert.equal(event.message.silent, false);
    assert.equal(event.message.shadowed, false);
    assert.equal(event.message.pinned, false);
    assert.equal(event.message.created_at, sent.created_at);
    assert.equal(event.user.id, 'mara');
    assert.equal(event.user.name, 'Name of mara');
    assert.equal(event.watcher_count, 0);
    assert.equal(event.channel_member_count ?? 2, 2);
    assert.equal(event.thread_participants, undefined);
    assert.equal(event.channel?.berth, undefined); // No custom data of the channel.
    assert.deepEqual(event.members.map((each) => each.user_id), ['mara', 'olaf']);
    for (const each of event.members) {
      assert.equal(each.user.id, each.user_id);
      assert.equal(each.channel_role, 'channel_member');
      assert.equal(each.banned, false);
      assert.equal(each.shadow_banned, false);
      assert.equal(each.notifications_muted, false);
      nanoseconds(each.created_at);
      nanoseconds(each.updated_at);
    }
  });

  test('unread counters count what others wrote, here and elsewhere', async () => {
    const { app, hook } = await harbour('message.new', 'message.read');
    await app.channel('yard', ['mara', 'olaf']);
    await app.send('dock', { id: '1', text: '1', user_id: 'mara' });
    await app.send('dock', { id: '2', text: '2', user_id: 'mara' });
    await app.send('yard', { id: '3', text: '3', user_id: 'mara' });
    await app.drained();
    const byId = (id) => receiver().callsTo(hook).find((call) => call.json.message_id === id).json;
    const counters = ({ user }) => [user.channel_unread_count, user.total_unread_count, user.unread_count, user.unread_channels];
    assert.deepEqual(counters(member(byId('1'), 'olaf')), [1, 1, 1, 1]);
    assert.deepEqual(counters(member(byId('2'), 'olaf')), [2, 2, 2, 1]);
    assert.deepEqual(counters(member(byId('3'), 'olaf')), [1, 3, 3, 2]);
    for (const id of ['1', '2', '3']) {
      assert.deepEqual(counters(member(byId(id), 'mara')), [0, 0, 0, 0]);
      assert.deepEqual(counters(byId(id)), [0, 0, 0, 0]);
    }
    assert.equal(member(byId('2'), 'olaf').user.channel_last_read_at, kZeroTime);

    await app.call('POST', '/channels/messaging/dock/read', { user_id: 'olaf' });
    const read = (await receiver().waitForOne({ path: hook, type: 'message.read' })).json;
    assert.deepEqual(counters(read), [0, 1, 1, 1]); // Here nothing, in the yard one.
    await app.call('POST', '/channels/messaging/yard/read', { user_id: 'olaf' });
    const [, second] = await receiver().waitFor({ path: hook, type: 'message.read', count: 2 });
    assert.deepEqual(counters(second.json), [0, 0, 0, 0]);
    assert.notEqual(second.json.user.channel_last_read_at, kZeroTime);
  });

  test('members: 50 at most, in order, the sender among them', async () => {
    const { app, one } = await harbour('message.new');
    const ids = Array.from({ length: 60 }, (_, i) => `u${String(i).padStart(2, '0')}`);
    await app.channel('crowd', ids);
    await app.send('crowd', { text: 'x', user_id: 'u59' });
    const event = await one('message.new');
    assert.equal(event.members.length, 50);
    assert.ok(member(event, 'u59'), 'the sender is a member and must stay');
    assert.equal(event.channel_member_count ?? 60, 60);
    const keys = event.members.map((each) => [nanoseconds(each.created_at), each.user_id]);
    const sorted = [...keys].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1));
    const others = (list) => list.map((key) => key[1]).filter((id) => id !== 'u59');
    assert.deepEqual(others(keys), others(sorted));
  });

  test('no members: no list', async () => {
    const { app, one } = await harbour('message.new');
    await app.call('POST', '/channels/messaging/empty/query', { data: { created_by_id: 'mara' } });
    await app.send('empty', { text: 'x', user_id: 'mara' });
    const event = await one('message.new');
    assert.ok(event.members === undefined || event.members.length === 0);
  });

  test('a reply names its thread', async () => {
    const { app, one } = await harbour('message.new');
    await app.send('dock', { id: 'root', text: 'x', user_id: 'mara' });
    await app.send('dock', { id: 'reply', text: 'y', user_id: 'olaf', parent_id: 'root' });
    const [, event] = await one('message.new', 2);
    assert.equal(event.message.parent_id, 'root');
    assert.equal(event.message.type, 'reply');
    assert.deepEqual(event.thread_participants.map((user) => user.id).sort(), ['mara', 'olaf']);
  });

  test('request_info tells who asked', async () => {
    const { app, one } = await harbour('message.new');
    await app.call('POST', '/channels/messaging/dock/message', { message: { text: 'x' } }, {
      as: 'mara',
      headers: { 'user-agent': 'Harbour/1.0 (Crane; x86)', 'X-Stream-Client': 'stream-chat-test-1.2.3', 'X-STREAM-EXT': 'device-id=123; {"a": 1}' },
    });
    const { request_info: info } = await one('message.new');
    assert.deepEqual(info, {
      type: 'client', ip: '127.0.0.1', user_agent: 'Harbour/1.0 (Crane; x86)', sdk: 'stream-chat-test-1.2.3', ext: 'device-id=123; {"a": 1}',
    });
  });

  test('request_info without an ext header has no ext', async () => {
    const { app, one } = await harbour('message.new');
    await app.send('dock', { text: 'x', user_id: 'mara' });
    assert.equal('ext' in (await one('message.new')).request_info, false);
  });

  test('message.updated, full and partial', async () => {
    const { app, one } = await harbour('message.updated');
    await app.send('dock', { id: 'm', text: 'before', user_id: 'mara' });
    await app.call('POST', '/messages/m', { message: { id: 'm', text: 'after', user_id: 'olaf', berth: 'B3' } });
    await app.call('PUT', '/messages/m', { set: { berth: 'B4' }, user_id: 'mara' });
    const [full, partial] = await one('message.updated', 2);
    for (const event of [full, partial]) {
      assertInDock(event);
      assertServerRequest(event);
      assert.equal(event.message_id, 'm');
      assert.deepEqual(event.members.map((each) => each.user_id), ['mara', 'olaf']);
    }
    assert.equal(full.user.id, 'olaf');
    assert.equal(full.message.text, 'after');
    assert.equal(full.message.user.id, 'mara');
    nanoseconds(full.message.message_text_updated_at);
    assert.equal(full.message_update.old_text, 'before');
    const change = full.message_update.change_set;
    assert.deepEqual(Object.keys(change).sort(), ['attachments', 'custom', 'html', 'mentioned_user_ids', 'mml', 'pin', 'quoted_message_id', 'silent', 'text']);
    assert.equal(change.text, true);
    assert.equal(change.html, true);
    assert.equal(change.custom, true);
    assert.equal(change.attachments, false);
    assert.equal(change.pin, false);
    assert.equal(partial.message.berth, 'B4');
    assert.equal(partial.message_update.change_set.text, false);
    assert.equal(partial.message_update.change_set.custom, true);
  });

  test('message.updated when pinned', async () => {
    const { app, one } = await harbour('message.updated');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    await app.call('PUT', '/messages/m', { set: { pinned: true }, user_id: 'mara' });
    const event = await one('message.updated');
    assert.equal(event.message.pinned, true);
    assert.equal(event.message.pinned_by.id, 'mara');
    assert.equal(event.message_update.change_set.pin, true);
    assert.equal(event.message_update.change_set.text, false);
  });

  test('message.deleted, softly and for good', async () => {
    const { app, one } = await harbour('message.deleted');
    for (const id of ['soft', 'hard']) await app.send('dock', { id, text: id, user_id: 'mara' });
    await app.call('DELETE', '/messages/soft');
    await app.call('DELETE', '/messages/hard?hard=true');
    const events = Object.fromEntries((await one('message.deleted', 2)).map((event) => [event.message_id, event]));
    for (const [id, hard] of [['soft', false], ['hard', true]]) {
      const event = events[id];
      assertInDock(event);
      assertServerRequest(event);
      assert.equal(event.hard_delete, hard);
      assert.equal(event.message.id, id);
      nanoseconds(event.message.deleted_at);
      assert.ok(event.members.length === 2);
    }
    assert.equal(events.soft.message.type, 'deleted');
  });

  test('reaction.new, reaction.updated, reaction.deleted', async () => {
    const { app, one } = await harbour('reaction.new', 'reaction.updated', 'reaction.deleted');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const react = (reaction) => app.call('POST', '/messages/m/reaction', { reaction: { type: 'like', user_id: 'olaf', ...reaction } });
    await react({ why: 'nice' });
    await react({ score: 5 });
    await app.call('DELETE', '/messages/m/reaction/like?user_id=olaf');
    const [created, updated, deleted] = [await one('reaction.new'), await one('reaction.updated'), await one('reaction.deleted')];
    for (const event of [created, updated, deleted]) {
      assertInDock(event);
      assert.equal(event.message.id, 'm');
      assert.equal(event.message_id, 'm');
      assert.equal(event.user.id, 'olaf');
      assert.equal(event.reaction.type, 'like');
      assert.equal(event.reaction.user_id, 'olaf');
      assert.equal(event.reaction.user.id, 'olaf');
      assert.equal(event.reaction.message_id, 'm');
      assert.equal(event.channel.cid, 'messaging:dock');
      assert.equal(event.user.unread_count, 1);
    }
    assert.equal(created.reaction.why, 'nice');
    assert.deepEqual(created.message.reaction_counts, { like: 1 });
    assert.deepEqual(created.message.reaction_scores, { like: 1 });
    assert.deepEqual(updated.message.reaction_counts, { like: 1 });
    assert.deepEqual(updated.message.reaction_scores, { like: 5 });
    assert.deepEqual(deleted.message.reaction_counts, {});
    assert.deepEqual(deleted.message.latest_reactions, []);
  });

  test('enforce_unique deletes the reaction that it replaces', async () => {
    const { app, one } = await harbour('reaction.new', 'reaction.deleted');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    await app.call('POST', '/messages/m/reaction', { reaction: { type: 'like', user_id: 'olaf' } });
    await app.call('POST', '/messages/m/reaction', { reaction: { type: 'love', user_id: 'olaf' }, enforce_unique: true });
    await one('reaction.new', 2);
    assert.equal((await one('reaction.deleted')).reaction.type, 'like');
  });

  test('message.read', async () => {
    const { app, one } = await harbour('message.read');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    await app.call('POST', '/channels/messaging/dock/read', { user_id: 'olaf' });
    const event = await one('message.read');
    assertInDock(event);
    assertServerRequest(event);
    assert.equal(event.user.id, 'olaf');
    assert.equal(event.last_read_message_id, 'm');
    assert.equal(event.user.total_unread_count, 0);
    assert.equal(event.channel.cid, 'messaging:dock');
  });

  test('reading all channels: one event per channel', async () => {
    const { app, one } = await harbour('message.read');
    await app.channel('yard', ['mara', 'olaf']);
    for (const id of ['dock', 'yard']) await app.send(id, { text: 'x', user_id: 'mara' });
    await app.call('POST', '/channels/read', { user_id: 'olaf' });
    const events = await one('message.read', 2);
    assert.deepEqual(events.map((event) => event.channel_id).sort(), ['dock', 'yard']);
  });

  test('member.added: one per user, who is the added one', async () => {
    const { app, one } = await harbour('member.added');
    await app.users('ines', 'noor');
    await app.call('POST', '/channels/messaging/dock', { add_members: ['ines', { user_id: 'noor', shift: 'late' }] });
    const events = Object.fromEntries((await one('member.added', 2)).map((event) => [event.user.id, event]));
    for (const id of ['ines', 'noor']) {
      const event = events[id];
      assertInDock(event);
      assertServerRequest(event);
      assert.equal(event.member.user_id, id);
      assert.equal(event.member.user.id, id);
      assert.equal(event.channel.cid, 'messaging:dock');
      assert.equal(event.channel.berth, 4);
      assert.equal(event.user.unread_count, 0);
      assert.ok(member(event, id));
    }
    assert.equal(events.noor.member.shift, 'late');
  });

  test('adding a member again announces nothing', async () => {
    const { app, hook } = await harbour('member.added', 'member.updated', 'channel.updated');
    await app.call('POST', '/channels/messaging/dock', { add_members: ['olaf'] });
    await app.drained();
    assert.deepEqual(receiver().callsTo(hook).filter((call) => call.json.type === 'member.added'), []);
  });

  test('member.updated: moderators and custom data', async () => {
    const { app, one } = await harbour('member.updated');
    await app.call('POST', '/channels/messaging/dock', { add_moderators: ['olaf'] });
    await app.call('PATCH', '/channels/messaging/dock/member/olaf', { set: { shift: 'late' } });
    const [promoted, changed] = await one('member.updated', 2);
    for (const event of [promoted, changed]) {
      assertInDock(event);
      assert.equal(event.member.user_id, 'olaf');
      assert.equal(event.user.id, 'olaf');
      assert.equal(event.channel.cid, 'messaging:dock');
    }
    assert.equal(promoted.member.is_moderator, true);
    assert.equal(promoted.member.channel_role, 'channel_moderator');
    assert.equal(changed.member.shift, 'late');
  });

  test('member.removed', async () => {
    const { app, one } = await harbour('member.removed');
    await app.call('POST', '/channels/messaging/dock', { remove_members: ['olaf'] });
    const event = await one('member.removed');
    assertInDock(event);
    assertServerRequest(event);
    assert.equal(event.user.id, 'olaf');
    assert.equal(event.member.user_id, 'olaf');
    assert.equal(event.channel.cid, 'messaging:dock');
    assert.deepEqual(event.members.map((each) => each.user_id), ['mara']);
  });

  test('channel.created, once, with its members and no member.added', async () => {
    const { app, hook, one } = await harbour('channel.created', 'member.added');
    const body = { data: { created_by_id: 'mara', members: ['olaf', 'mara'], colour: 'red' } };
    await app.call('POST', '/channels/messaging/fresh/query', body);
    await app.call('POST', '/channels/messaging/fresh/query', body);
    const event = await one('channel.created');
    assert.equal(event.cid, 'messaging:fresh');
    assert.equal(event.channel_id, 'fresh');
    assert.equal(event.channel.colour, 'red');
    assert.equal(event.channel.config.name, 'messaging');
    assert.equal(event.channel.created_by.id, 'mara');
    assert.deepEqual(event.channel.members.map((each) => each.user_id).sort(), ['mara', 'olaf']);
    assert.deepEqual(event.members.map((each) => each.user_id), ['mara', 'olaf']);
    assert.equal(event.user.id, 'mara');
    assertServerRequest(event);
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('channel.updated, with a message only if there was one', async () => {
    const { app, hook, one } = await harbour('channel.updated', 'message.new');
    await app.call('POST', '/channels/messaging/dock', { data: { colour: 'red' }, user_id: 'mara' });
    const plain = await one('channel.updated');
    assertInDock(plain);
    assertServerRequest(plain);
    assert.equal(plain.channel.colour, 'red');
    assert.equal(plain.message, undefined);
    assert.equal(plain.message_id, undefined);
    assert.equal(plain.user.id, 'mara');
    assert.equal(plain.channel.members, undefined);
    assert.deepEqual(plain.members.map((each) => each.user_id), ['mara', 'olaf']);

    await app.call('POST', '/channels/messaging/dock', {
      data: { colour: 'blue' }, message: { text: 'repainted', user_id: 'mara', coats: 2 }, user_id: 'mara',
    });
    const [, withMessage] = await one('channel.updated', 2);
    assert.equal(withMessage.message.text, 'repainted');
    assert.equal(withMessage.message.coats, 2);
    assert.equal(withMessage.message.type, 'system');
    assert.equal(withMessage.message_id, withMessage.message.id);
    const announced = receiver().callsTo(hook).filter((call) => call.json.type === 'message.new');
    assert.equal(announced.length, 1);
  });

  test('channel.updated on a partial change and on freezing', async () => {
    const { app, one } = await harbour('channel.updated');
    await app.call('PATCH', '/channels/messaging/dock', { set: { frozen: true } });
    assert.equal((await one('channel.updated')).channel.frozen, true);
  });

  test('channel.deleted', async () => {
    const { app, one } = await harbour('channel.deleted');
    await app.call('DELETE', '/channels/messaging/dock');
    const event = await one('channel.deleted');
    assertInDock(event);
    assertServerRequest(event);
    nanoseconds(event.channel.deleted_at);
    assert.equal(event.channel.berth, 4);
  });

  test('user.updated on creation, replacement and partial change', async () => {
    const { app, one } = await harbour('user.updated');
    await app.call('POST', '/users', { users: { ines: { id: 'ines', name: 'Ines', deck: 1 } } });
    await app.call('POST', '/users', { users: { ines: { id: 'ines', name: 'Ines II' } } });
    await app.call('PATCH', '/users', { users: [{ id: 'ines', set: { deck: 3 } }] });
    const [created, replaced, changed] = await one('user.updated', 3);
    assert.equal(created.user.deck, 1);
    assert.equal(created.user.role, 'user');
    assert.equal(replaced.user.name, 'Ines II');
    assert.equal(replaced.user.deck, undefined);
    assert.equal(changed.user.deck, 3);
    assert.equal(changed.user.name, 'Ines II');
    for (const event of [created, replaced, changed]) {
      assert.equal(event.user.id, 'ines');
      assert.equal(event.cid, undefined);
    }
  });

  test('one user.updated for each user of a batch', async () => {
    const { app, one } = await harbour('user.updated');
    await app.users('a', 'b', 'c');
    const events = await one('user.updated', 3);
    assert.deepEqual(events.map((event) => event.user.id).sort(), ['a', 'b', 'c']);
  });

  test('a custom channel event', async () => {
    const { app, one } = await harbour('crane_moved');
    const { event: answered } = await app.call('POST', '/channels/messaging/dock/event', {
      event: { type: 'crane_moved', user_id: 'mara', berth: 'B3', load: { tons: 4 } },
    });
    const event = await one('crane_moved');
    assertInDock(event);
    assert.equal(event.user.id, 'mara');
    assert.equal(event.berth, 'B3');
    assert.deepEqual(event.load, { tons: 4 });
    assert.equal(answered.type, 'crane_moved');
    assert.equal(answered.cid, 'messaging:dock');
    assert.equal(answered.channel_id, 'dock');
    assert.equal(answered.channel_type, 'messaging');
    assert.equal(answered.berth, 'B3');
    nanoseconds(answered.created_at);
  });

  test('a custom user event', async () => {
    const { app, one } = await harbour('shift_over');
    await app.call('POST', '/users/mara/event', { event: { type: 'shift_over', hours: 8 } });
    const event = await one('shift_over');
    assert.equal(event.user?.id ?? event.user_id, 'mara');
    assert.equal(event.hours, 8);
    assert.equal(event.cid, undefined);
    await app.refuses(404, 16, 'POST', '/users/ghost/event', { event: { type: 'shift_over' } });
    await app.refuses(400, 4, 'POST', '/users/mara/event', { event: { type: 'shift.over' } });
  });

  test('what fails announces nothing', async () => {
    const { app, hook } = await harbour();
    await app.refuses(400, 20, 'POST', '/channels/messaging/dock/message', { message: { text: 'x'.repeat(6000), user_id: 'mara' } });
    await app.refuses(404, 16, 'DELETE', '/messages/none');
    await app.refuses(404, 16, 'POST', '/messages/none/reaction', { reaction: { type: 'like', user_id: 'mara' } });
    await app.refuses(400, 4, 'POST', '/users', { users: { good: { id: 'good' }, bad: 7 } });
    await app.drained();
    assert.deepEqual(receiver().callsTo(hook), []);
  });

  test('payload format v2: custom nested, times as integers', async () => {
    const app = await newApp();
    await app.channel('v2', ['mara']);
    const hook = path();
    await app.hooks({ webhook_url: receiver().url(hook), event_types: ['message.new'], payload_format: 'v2' });
    await app.send('v2', { text: 'x', user_id: 'mara', priority: 'high' });
    const call = await receiver().waitForOne({ path: hook });
    app.assertSigned(call);
    assert.match(call.plain.toString(), /"created_at":\d{19}[,}]/);
    assert.equal(call.json.message.custom.priority, 'high');
    assert.equal(call.json.message.priority, undefined);
    assert.equal(typeof call.json.message.created_at, 'number');
    assert.equal(typeof call.json.message.user.created_at, 'number');
    assert.deepEqual(call.json.custom, {});
  });
}, { concurrency: 4 });
