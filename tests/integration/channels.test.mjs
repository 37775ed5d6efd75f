// Channels, members, channel types (docs/contract/routes.md#channel-types, #channels).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';
import { eventually } from '../harness/wait.mjs';

const queryChannels = async (app, body, more) => (await app.call('POST', '/channels', body, more)).channels;
const queryMembers = async (app, payload) =>
  (await app.call('GET', `/members?payload=${encodeURIComponent(JSON.stringify(payload))}`)).members;
const memberIds = (members) => members.map((member) => member.user_id ?? member.user.id).sort();

suite('channels', ({ test, newApp }) => {
  test('are created once, then found', async () => {
    const app = await newApp();
    const first = await app.channel('dock', ['mara', 'olaf'], { name: 'Dock', berth: 4 });
    assert.equal(first.channel.cid, 'messaging:dock');
    assert.equal(first.channel.type, 'messaging');
    assert.equal(first.channel.id, 'dock');
    assert.equal(first.channel.created_by.id, 'mara');
    assert.equal(first.channel.member_count, 2);
    assert.equal(first.channel.frozen, false);
    assert.equal(first.channel.name, 'Dock');
    assert.equal(first.channel.berth, 4);
    assert.equal(first.channel.custom, undefined);
    assert.equal(first.channel.config.name, 'messaging');
    assert.ok(first.channel.config.commands.every((command) => typeof command.name === 'string'));
    assert.deepEqual(memberIds(first.members), ['mara', 'olaf']);
    nanoseconds(first.channel.created_at);

    const again = await app.call('POST', '/channels/messaging/dock/query', { data: { created_by_id: 'olaf', name: 'Other' } });
    assert.equal(again.channel.created_at, first.channel.created_at);
    assert.equal(again.channel.created_by.id, 'mara');
    assert.equal(again.channel.name, 'Dock');
  });

  test('lists that clients iterate are always there', async () => {
    const app = await newApp();
    await app.channel('bare', ['mara']);
    for (const body of [{}, { state: false }, { state: true }, { watch: false, state: false, presence: false }]) {
      const answer = await app.call('POST', '/channels/messaging/bare/query', body);
      for (const list of ['messages', 'members', 'pinned_messages', 'threads']) {
        assert.ok(Array.isArray(answer[list]), `${list} for ${JSON.stringify(body)}`);
      }
    }
    for (const body of [{ filter_conditions: {}, state: false }, { filter_conditions: {}, state: true }]) {
      const [channel] = await queryChannels(app, body);
      for (const list of ['messages', 'members', 'pinned_messages', 'threads']) assert.ok(Array.isArray(channel[list]), list);
    }
  });

  test('members may be given as names or as objects', async () => {
    const app = await newApp();
    await app.users('mara', 'olaf', 'ines', 'noor');
    await app.channel('mixed', ['mara'], { members: ['mara', { user_id: 'olaf', channel_role: 'channel_moderator', badge: 7 }] });
    const { members } = await app.call('POST', '/channels/messaging/mixed', { add_members: [{ user_id: 'ines', shift: 'late' }, 'noor'] });
    assert.deepEqual(memberIds(members), ['ines', 'mara', 'noor', 'olaf']);
    const all = await queryMembers(app, { type: 'messaging', id: 'mixed', filter_conditions: {} });
    const byId = Object.fromEntries(all.map((member) => [member.user_id, member]));
    assert.equal(byId.olaf.channel_role, 'channel_moderator');
    assert.equal(byId.olaf.badge, 7);
    assert.equal(byId.ines.shift, 'late');
    assert.equal(byId.noor.channel_role, 'channel_member');
  });

  test('members are added once, removed, and must exist', async () => {
    const app = await newApp();
    await app.users('olaf');
    await app.channel('crew', ['mara']);
    await app.call('POST', '/channels/messaging/crew', { add_members: ['olaf'] });
    const again = await app.call('POST', '/channels/messaging/crew', { add_members: ['olaf'] });
    assert.deepEqual(memberIds(again.members), ['mara', 'olaf']);
    assert.equal(again.channel.member_count, 2);
    const removed = await app.call('POST', '/channels/messaging/crew', { remove_members: ['olaf', 'mara'] });
    assert.equal(removed.channel.member_count, 0);
    const ghost = await app.request('POST', '/channels/messaging/crew', { add_members: ['ghost'] });
    assert.ok(ghost.status === 400 || ghost.status === 404, ghost.text);
    assert.match(ghost.json.message, /ghost/);
  });

  test('members and users are paged by bounds, next to the bound', async () => {
    const app = await newApp();
    await app.channel('crew', ['ada', 'bob', 'cyd', 'dan']);
    const members = async (more) =>
      (await queryMembers(app, { type: 'messaging', id: 'crew', filter_conditions: {}, limit: 2, ...more })).map((member) => member.user_id).join();
    const users = async (more) => {
      const payload = { filter_conditions: { id: { $in: ['ada', 'bob', 'cyd', 'dan'] } }, limit: 2, ...more };
      return (await app.call('GET', `/users?payload=${encodeURIComponent(JSON.stringify(payload))}`)).users.map((user) => user.id).join();
    };
    assert.equal(await members({ user_id_gt: 'ada' }), 'bob,cyd');
    assert.equal(await members({ user_id_lt: 'dan' }), 'cyd,bob');
    assert.equal(await members({ user_id_lte: 'dan', sort: [{ field: 'user_id', direction: 1 }] }), 'ada,bob');
    assert.equal(await members({ created_at_before: '2020-01-01T00:00:00Z' }), '');
    assert.equal(await members({ created_at_after: '2020-01-01T00:00:00Z', user_id_gte: 'dan' }), 'dan');
    assert.equal(await users({ id_gte: 'bob' }), 'bob,cyd');
    assert.equal(await users({ id_lt: 'cyd' }), 'bob,ada');
    assert.equal(await users({ created_at_before_or_equal: '2020-01-01T00:00:00Z' }), '');
    const payload = encodeURIComponent(JSON.stringify({ filter_conditions: {}, id_gt: 7 }));
    await app.refuses(400, 4, 'GET', `/users?payload=${payload}`);
  });

  test('nobody is promised what only a live connection brings', async () => {
    const app = await newApp();
    await app.channel('crew', ['mara']);
    const payload = encodeURIComponent(JSON.stringify({ filter_conditions: {}, presence: true }));
    for (const [field, ...request] of [
      ['watch', 'POST', '/channels/messaging/crew/query', { watch: true }],
      ['watch', 'POST', '/api/v2/chat/channels', { filter_conditions: {}, watch: true }],
      ['watch', 'GET', '/channels/messaging/crew?watch=true'],
      ['presence', 'GET', `/users?payload=${payload}`],
      ['data\\.members', 'POST', '/channels/messaging/crew', { data: { members: ['mara'] } }],
    ]) {
      const { message } = await app.refuses(501, 4, ...request);
      assert.match(message, new RegExp(field));
    }
    await app.call('GET', '/channels/messaging/crew?watch=false');
  });

  test('moderators are made and unmade', async () => {
    const app = await newApp();
    await app.channel('watch', ['mara', 'olaf']);
    const role = async () => (await queryMembers(app, { type: 'messaging', id: 'watch', filter_conditions: { id: 'olaf' } }))[0];
    await app.call('POST', '/channels/messaging/watch', { add_moderators: ['olaf'] });
    assert.equal((await role()).channel_role, 'channel_moderator');
    await app.call('POST', '/channels/messaging/watch', { demote_moderators: ['olaf'] });
    assert.equal((await role()).channel_role, 'channel_member');
  });

  test('an update replaces the custom fields, a partial update merges', async () => {
    const app = await newApp();
    await app.channel('data', ['mara'], { name: 'A', berth: { deck: 1, row: 2 }, old: true });
    const partial = await app.call('PATCH', '/channels/messaging/data', { set: { 'berth.deck': 5, fresh: 1 }, unset: ['old'] });
    assert.deepEqual(partial.channel.berth, { deck: 5, row: 2 });
    assert.equal(partial.channel.fresh, 1);
    assert.equal('old' in partial.channel, false);
    assert.equal(partial.channel.name, 'A');
    const full = await app.call('POST', '/channels/messaging/data', { data: { colour: 'red' } });
    assert.equal(full.channel.colour, 'red');
    assert.equal('berth' in full.channel, false);
    assert.equal('name' in full.channel, false);
  });

  test('frozen channels and other set fields', async () => {
    const app = await newApp();
    await app.channel('ice', ['mara']);
    const { channel } = await app.call('PATCH', '/channels/messaging/ice', { set: { frozen: true } });
    assert.equal(channel.frozen, true);
    await app.refuses(400, 4, 'PATCH', '/channels/messaging/ice', { set: { cid: 'messaging:other' } });
    await app.refuses(400, 4, 'PATCH', '/channels/messaging/ice', { set: { frozen: 'very' } });
  });

  test('a distinct channel is the same for the same members', async () => {
    const app = await newApp();
    await app.users('mara', 'olaf');
    const open = (members) => app.call('POST', '/channels/messaging/query', { data: { members, created_by_id: 'mara' } });
    const one = await open(['mara', 'olaf']);
    const two = await open(['olaf', 'mara']);
    assert.match(one.channel.id, /^!members-/);
    assert.equal(one.channel.cid, two.channel.cid);
    await app.refuses(400, 4, 'POST', '/channels/messaging/query', { data: { created_by_id: 'mara' } });
  });

  test('bad requests to create', async () => {
    const app = await newApp();
    await app.users('mara');
    const create = (id, data) => ['POST', `/channels/messaging/${id}/query`, { data }];
    await app.refuses(400, 4, ...create('x', { created_by_id: 'mara', members: 'mara' }));
    await app.refuses(400, 4, ...create('x', { created_by_id: 'mara', members: [7] }));
    await app.refuses(400, 4, ...create('x', { created_by_id: 7 }));
    await app.refuses(400, 4, ...create('x', { created_by_id: 'mara', members: Array.from({ length: 101 }, (_, i) => `m${i}`) }));
  });

  test('queries filter, sort and page', async () => {
    const app = await newApp();
    await app.users('mara', 'olaf', 'ines');
    for (let i = 0; i < 5; ++i) {
      await app.channel(`q${i}`, i % 2 ? ['mara', 'olaf'] : ['mara', 'ines'], { deck: i, name: `N${9 - i}` });
    }
    const ids = async (body) => (await queryChannels(app, { state: true, ...body })).map(({ channel }) => channel.id);
    const up = [{ field: 'created_at', direction: 1 }];
    assert.deepEqual(await ids({ filter_conditions: { members: { $in: ['olaf'] } }, sort: up }), ['q1', 'q3']);
    assert.deepEqual(await ids({ filter_conditions: { id: 'q2' } }), ['q2']);
    assert.deepEqual(await ids({ filter_conditions: { cid: { $in: ['messaging:q4', 'messaging:q0'] } }, sort: up }), ['q0', 'q4']);
    assert.deepEqual(await ids({ filter_conditions: { deck: { $gte: 3 } }, sort: up }), ['q3', 'q4']);
    assert.deepEqual(await ids({ filter_conditions: { type: 'messaging', deck: { $lt: 2 } }, sort: up }), ['q0', 'q1']);
    assert.deepEqual(await ids({ filter_conditions: {}, sort: [{ field: 'created_at', direction: -1 }], limit: 2 }), ['q4', 'q3']);
    assert.deepEqual(await ids({ filter_conditions: {}, sort: up, limit: 2, offset: 3 }), ['q3', 'q4']);
    await app.send('q1', { text: 'last', user_id: 'mara' });
    assert.equal((await ids({ filter_conditions: {}, sort: [{ field: 'last_message_at', direction: -1 }] }))[0], 'q1');
    await app.refuses(400, 4, 'POST', '/channels', { filter_conditions: {}, limit: 31 });
    await app.refuses(400, 4, 'POST', '/channels', { filter_conditions: { deck: { $bogus: 1 } } });
    await app.refuses(400, 4, 'POST', '/channels', { filter_conditions: 'all' });
  });

  test('a query carries messages and members up to the limits asked for', async () => {
    const app = await newApp();
    await app.channel('full', ['mara', 'olaf', 'ines']);
    for (let i = 0; i < 5; ++i) await app.send('full', { id: `full-${i}`, text: `${i}`, user_id: 'mara' });
    const [state] = await queryChannels(app, { filter_conditions: {}, state: true, message_limit: 2, member_limit: 1 });
    assert.deepEqual(state.messages.map((message) => message.id), ['full-3', 'full-4']);
    assert.equal(state.members.length, 1);
    const page = await app.call('POST', '/channels/messaging/full/query', { state: true, messages: { limit: 2, id_lt: 'full-3' } });
    assert.deepEqual(page.messages.map((message) => message.id), ['full-1', 'full-2']);
    assert.equal(page.read.length, 3);
  });

  test('deleting: softly, for good, and in bulk', async () => {
    const app = await newApp();
    for (const id of ['soft', 'hard', 'bulk1', 'bulk2']) await app.channel(id, ['mara']);
    const { channel } = await app.call('DELETE', '/channels/messaging/soft');
    nanoseconds(channel.deleted_at);
    await app.call('DELETE', '/channels/messaging/hard?hard_delete=true');
    const bulk = await app.call('POST', '/channels/delete', { cids: ['messaging:bulk1', 'messaging:bulk2'], hard_delete: true });
    await eventually(async () => (await app.call('GET', `/tasks/${bulk.task_id}`)).status === 'completed', { what: 'the task' });
    const { result } = await app.call('GET', `/tasks/${bulk.task_id}`);
    assert.deepEqual(result, { 'messaging:bulk1': { status: 'ok' }, 'messaging:bulk2': { status: 'ok' } });
    assert.deepEqual(await queryChannels(app, { filter_conditions: {}, state: true }), []);
    await app.refuses(404, 16, 'DELETE', '/channels/messaging/never');
    await app.refuses(400, 4, 'POST', '/channels/delete', { cids: [] });
  });

  test('one member is changed in part', async () => {
    const app = await newApp();
    await app.channel('part', ['mara']);
    const { channel_member: member } = await app.call('PATCH', '/channels/messaging/part/member/mara', {
      set: { badge: 7, shift: 'late' },
    });
    assert.equal(member.badge, 7);
    const { channel_member: second } = await app.call('PATCH', '/channels/messaging/part/member?user_id=mara', { unset: ['badge'] });
    assert.equal('badge' in second, false);
    assert.equal(second.shift, 'late');
  });

});

suite('channel types', ({ test, newApp }) => {
  test('the five built-in ones are there', async () => {
    const app = await newApp();
    const { channel_types: types } = await app.call('GET', '/channeltypes');
    for (const name of ['messaging', 'team', 'livestream', 'gaming', 'commerce']) {
      const type = types[name];
      assert.equal(type.name, name);
      assert.ok(type.commands.every((command) => typeof command.name === 'string' && typeof command.set === 'string'));
      const one = await app.call('GET', `/channeltypes/${name}`);
      assert.equal(one.name, name);
      assert.equal(one.max_message_length, 5000);
      assert.equal(one.mark_messages_pending, false);
      assert.ok(Object.keys(one.grants).length > 0);
      nanoseconds(one.created_at);
    }
  });

  test('one is created, changed in part, and deleted', async () => {
    const app = await newApp();
    const created = await app.call('POST', '/channeltypes', { name: 'harbour', max_message_length: 20, reactions: false });
    assert.equal(created.name, 'harbour');
    assert.equal(created.max_message_length, 20);
    assert.equal(created.reactions, false);
    assert.equal(created.replies, true);
    assert.ok(created.commands.every((command) => typeof command === 'string'));
    const changed = await app.call('PUT', '/channeltypes/harbour', { replies: false });
    assert.equal(changed.replies, false);
    assert.equal(changed.max_message_length, 20);
    assert.equal(changed.reactions, false);
    await app.users('mara');
    await app.call('POST', '/channels/harbour/x/query', { data: { created_by_id: 'mara' } });
    const tooLong = { message: { text: 'x'.repeat(21), user_id: 'mara' } };
    await app.refuses(400, 20, 'POST', '/channels/harbour/x/message', tooLong);
    await app.refuses(400, 4, 'DELETE', '/channeltypes/harbour'); // It has a channel.
    await app.call('DELETE', '/channels/harbour/x?hard_delete=true');
    await app.call('DELETE', '/channeltypes/harbour');
    await app.refuses(404, 16, 'GET', '/channeltypes/harbour');
    await app.refuses(404, 16, 'DELETE', '/channeltypes/harbour');
  });

  test('built-in ones may be updated, for this app only', async () => {
    const [app, other] = [await newApp(), await newApp()];
    await app.call('PUT', '/channeltypes/messaging', { max_message_length: 30 });
    assert.equal((await app.call('GET', '/channeltypes/messaging')).max_message_length, 30);
    assert.equal((await other.call('GET', '/channeltypes/messaging')).max_message_length, 5000);
  });

  test('bad types are refused', async () => {
    const app = await newApp();
    for (const body of [
      {}, { name: '' }, { name: 'messaging' }, { name: 'x', max_message_length: 30001 },
      { name: 'x', commands: ['nonesuch'] }, { name: 'x', automod: 'psychic' }, { name: 'x', reactions: 'yes' },
    ]) {
      await app.refuses(400, 4, 'POST', '/channeltypes', body);
    }
  });
});
