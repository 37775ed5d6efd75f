// What a request asks for is carried out or refused, never accepted and left undone
// (docs/contract/rulings.md#40); and what clients send back of what they got is taken.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('carried out or refused', ({ test, newApp, receiver, path }) => {
  const room = async (members = ['mara', 'olaf']) => {
    const app = await newApp();
    await app.channel('dock', members);
    return app;
  };
  const names = async (app, name, status, method, target, body, more) => {
    const { message } = await app.refuses(status, status === 403 ? 17 : 4, method, target, body, more);
    assert.ok(message.includes(name), `${name} is not in: ${message}`);
  };
  const payload = (value) => encodeURIComponent(JSON.stringify(value));

  test('users: what a request cannot change, and the whole user sent back', async () => {
    const app = await room();
    for (const prefix of ['', '/api/v2']) {
      for (const [name, value] of Object.entries({
        banned: true, shadow_banned: true, deactivated_at: '2020-01-01T00:00:00Z', deleted_at: '2020-01-01T00:00:00Z',
        ban_expires: '2030-01-01T00:00:00Z', bypass_moderation: true, blocked_user_ids: ['x'], devices: [{ id: 'x' }],
      })) {
        await names(app, name, 400, 'POST', `${prefix}/users`, { users: { mara: { id: 'mara', [name]: value } } });
        await names(app, name, 400, 'POST', `${prefix}/users`, { users: { fresh: { id: 'fresh', [name]: value } } });
      }
      await app.call('POST', '/moderation/ban', { target_user_id: 'mara', banned_by_id: 'olaf' });
      const { users: [user] } = await app.call('GET', `/users?payload=${payload({ filter_conditions: { id: 'mara' } })}`);
      assert.equal(user.banned, true);
      const { users } = await app.call('POST', `${prefix}/users`, { users: { mara: user } });
      assert.equal(users.mara.banned, true);
      await app.call('DELETE', '/moderation/ban?target_user_id=mara');
    }
    const revoked = '2020-01-01T00:00:00Z';
    await names(app, 'revoke_tokens_issued_before', 403, 'POST', '/users',
      { users: { olaf: { id: 'olaf', revoke_tokens_issued_before: revoked } } }, { as: 'olaf' });
    const old = { token: app.userToken('olaf', { iat: Date.parse('2019-06-01') / 1000 }) };
    await app.call('GET', '/channels/messaging/dock', undefined, old);
    await app.call('POST', '/users', { users: { olaf: { id: 'olaf', revoke_tokens_issued_before: revoked } } });
    await app.refuses(401, 40, 'GET', '/channels/messaging/dock', undefined, old);
  });

  test('roles have names', async () => {
    const app = await room();
    for (const role of ['x'.repeat(65), 'a b', 'rôle', '<x>']) {
      await names(app, 'role', 400, 'POST', '/users', { users: { mara: { id: 'mara', role } } });
      await names(app, 'role', 400, 'POST', '/channels/messaging/dock', { assign_roles: [{ user_id: 'olaf', channel_role: role }] });
      await names(app, 'role', 400, 'PATCH', '/channels/messaging/dock/member/olaf', { set: { channel_role: role } });
    }
    await app.call('POST', '/channels/messaging/dock', { assign_roles: [{ user_id: 'olaf', channel_role: 'custom_role' }] });
  });

  test('channels: members, makers and names are not data', async () => {
    const app = await room();
    await app.users('ines');
    const before = (await app.call('POST', '/channels/messaging/dock/query', {})).channel;
    for (const prefix of ['', '/api/v2/chat']) {
      const target = `${prefix}/channels/messaging/dock`;
      for (const [name, value] of Object.entries({ members: ['ines'], invites: [{ user_id: 'ines' }], truncated_by_id: 'ines' })) {
        await names(app, name, 501, 'POST', target, { data: { [name]: value } });
      }
      for (const [name, value] of Object.entries({
        created_by_id: 'ines', created_by: { id: 'ines' },
        truncated_by: { id: 'ines' }, id: 'quay', type: 'team', cid: 'messaging:quay', hide_messages_before: '2020-01-01T00:00:00Z',
        mute_expires_at: 'soon',
      })) {
        await names(app, name, 400, 'POST', target, { data: { [name]: value } });
        await names(app, name, 400, 'PATCH', target, { set: { [name]: value } });
      }
      const whole = (await app.call('POST', `${target}/query`, {}));
      await app.call('POST', target, { data: { ...whole.channel, invites: [], created_by_id: 'mara' } });
    }
    const after = (await app.call('POST', '/channels/messaging/dock/query', {})).channel;
    assert.deepEqual({ ...after, updated_at: 0 }, { ...before, updated_at: 0 });
    await names(app, 'hide_history', 400, 'POST', '/channels/messaging/dock', { hide_history: true });
    await names(app, 'hide_history', 400, 'POST', '/channels/messaging/dock', { hide_history: true, assign_roles: [{ user_id: 'olaf', channel_role: 'channel_moderator' }] });
    await names(app, 'nobody', 400, 'POST', '/channels/messaging/dock', { remove_members: ['nobody'] });
    await app.call('POST', '/channels/messaging/dock', { remove_members: ['ines'] });
    for (const name of ['pinned', 'archived']) {
      await names(app, name, 400, 'PATCH', '/channels/messaging/dock/member/olaf', { set: { [name]: 'x' } });
    }
  });

  test('a custom field may be called custom', async () => {
    const app = await room();
    const inner = { a: 1 };
    const custom = { custom: inner, b: 2 };
    const v2 = '/api/v2/chat';
    const { message } = await app.call('POST', `${v2}/channels/messaging/dock/message`, {
      message: { id: 'm', text: 'x', user_id: 'mara', custom, attachments: [{ type: 'x', custom }] },
    });
    assert.deepEqual(message.custom, custom);
    assert.deepEqual(message.attachments[0].custom, custom);
    const flat = (await app.call('GET', '/messages/m')).message;
    assert.deepEqual([flat.custom, flat.b], [{ custom: inner }, 2]);
    assert.deepEqual([flat.attachments[0].custom, flat.attachments[0].b], [{ custom: inner }, 2]);
    const opened = await app.call('POST', `${v2}/channels/messaging/quay/query`, { data: { created_by_id: 'mara', custom } });
    assert.deepEqual(opened.channel.custom, custom);
    const patched = await app.call('PATCH', `${v2}/channels/messaging/quay`, { set: { custom: { custom: { c: 3 } } } });
    assert.deepEqual(patched.channel.custom, { custom: { c: 3 }, b: 2 });
    const { users } = await app.call('POST', '/api/v2/users', { users: { mara: { id: 'mara', custom } } });
    assert.deepEqual(users.mara.custom, custom);
    const again = await app.call('PATCH', '/api/v2/users', { users: [{ id: 'mara', set: { 'custom.custom.d': 4 } }] });
    assert.deepEqual(again.users.mara.custom, { custom: { a: 1, d: 4 }, b: 2 });
  });

  test('nobody forges what the server says in events', async () => {
    const app = await room();
    const hook = path();
    await app.hook(receiver().url(hook), 'foo');
    for (const [name, value] of Object.entries({ message: 'FAKE', channel: 'FAKE', reaction: 5, member: 'x', me: 'x' })) {
      await names(app, name, 400, 'POST', '/channels/messaging/dock/event', { event: { type: 'foo', [name]: value } }, { as: 'mara' });
    }
    await app.call('POST', '/api/v2/chat/channels/messaging/dock/event', { event: { type: 'foo', custom: { message: 'mine' } } }, { as: 'mara' });
    const [{ json }] = await receiver().waitFor({ path: hook, count: 1 });
    assert.equal(json.message, undefined);
    assert.deepEqual(json.custom, { message: 'mine' });
  });

  test('every text that events carry has a bound', async () => {
    const app = await room();
    const send = (message, more) => ['POST', '/channels/messaging/dock/message', { message: { text: 'x', ...message } }, more];
    await names(app, 'message', 400, ...send({ user_id: 'mara', html: 'x'.repeat(70_000) }));
    await app.call(...send({ user_id: 'mara', html: '<b>x</b>' }));
    await names(app, 'restricted_visibility', 400, ...send({ restricted_visibility: Array(10).fill('x'.repeat(9_000)) }, { as: 'mara' }));
    await names(app, 'restricted_visibility', 400, ...send({ restricted_visibility: ['nobody'] }, { as: 'mara' }));
    await app.call(...send({ restricted_visibility: ['olaf'] }, { as: 'mara' }));
    await names(app, 'language', 400, 'PATCH', '/channels/messaging/dock', { set: { auto_translation_language: 'x'.repeat(9_000) } });
    await names(app, 'flag', 400, 'POST', '/moderation/flag', { target_user_id: 'olaf', user_id: 'mara', custom: { x: 'x'.repeat(9_000) } });
  });

  test('pagers of users and members come to an end', async () => {
    const ids = ['ada', 'ben', 'cid', 'dan', 'eva'];
    const app = await room(ids);
    const users = async (more) => (await app.call('GET', `/users?payload=${payload({ filter_conditions: {}, sort: [{ field: 'id', direction: 1 }], ...more })}`)).users.map(({ id }) => id);
    const members = async (more) => (await app.call('GET', `/members?payload=${payload({ type: 'messaging', id: 'dock', filter_conditions: {}, sort: [{ field: 'user_id', direction: 1 }], ...more })}`)).members.map(({ user_id: id }) => id);
    for (const [query, prefix] of [[users, 'id'], [members, 'user_id']]) {
      assert.deepEqual(await query({ [`${prefix}_gt`]: 'ben' }), ['cid', 'dan', 'eva']);
      assert.deepEqual(await query({ [`${prefix}_gte`]: 'ben', [`${prefix}_lt`]: 'dan' }), ['ben', 'cid']);
      assert.deepEqual(await query({ [`${prefix}_lte`]: 'ben', limit: 5 }), ['ada', 'ben']);
      const seen = [];
      for (let page = await query({ limit: 2 }); page.length > 0; page = await query({ limit: 2, [`${prefix}_gt`]: page.at(-1) })) seen.push(...page);
      assert.deepEqual(seen, ids);
      for (const name of ['created_at_after', 'created_at_after_or_equal']) {
        assert.deepEqual(await query({ [name]: '2100-01-01T00:00:00Z' }), []);
        assert.deepEqual(await query({ [name]: '2000-01-01T00:00:00Z' }), ids);
      }
      for (const name of ['created_at_before', 'created_at_before_or_equal']) {
        assert.deepEqual(await query({ [name]: '2100-01-01T00:00:00Z' }), ids);
        assert.deepEqual(await query({ [name]: '2000-01-01T00:00:00Z' }), []);
      }
      const target = query === users ? '/users' : '/members';
      const rest = query === users ? {} : { type: 'messaging', id: 'dock' };
      await names(app, 'created_at', 400, 'GET', `${target}?payload=${payload({ filter_conditions: {}, ...rest, created_at_after: 'x' })}`);
      await names(app, `${prefix}_gt`, 400, 'GET', `${target}?payload=${payload({ filter_conditions: {}, ...rest, [`${prefix}_gt`]: 5 })}`);
    }
  });

  test('all channels are marked read, and those that are named', async () => {
    const app = await newApp();
    await app.users('mara', 'olaf');
    const count = 230;
    for (let i = 0; i < count; i += 1) {
      await app.call('POST', `/channels/messaging/c${i}/query`, { data: { created_by_id: 'mara', members: ['mara', 'olaf'] } });
      await app.send(`c${i}`, { text: 'x', user_id: 'mara' });
    }
    const unread = async () => {
      const { users } = await app.call('PATCH', '/users', { users: [{ id: 'olaf', set: { seen: 1 } }] });
      return users.olaf.unread_channels ?? 0;
    };
    const channels = async () => {
      const { channels: list } = await app.call('POST', '/channels', { filter_conditions: { has_unread: true }, user_id: 'olaf', limit: 30 });
      return list.length;
    };
    await app.call('POST', '/channels/read', { user_id: 'olaf', read_by_channel: { 'messaging:c7': '', 'messaging:c229': '' } });
    const { channels: named } = await app.call('POST', '/channels', { filter_conditions: { cid: { $in: ['messaging:c7', 'messaging:c229', 'messaging:c8'] }, has_unread: true }, user_id: 'olaf' });
    assert.deepEqual(named.map(({ channel }) => channel.id), ['c8']);
    for (const cid of ['messaging:none', 'bogus:c1', 'c1']) {
      await app.refuses(400, 4, 'POST', '/channels/read', { user_id: 'olaf', read_by_channel: { 'messaging:c8': '', [cid]: '' } });
    }
    assert.equal(await channels(), 30);
    // As many as one step takes: it answers, too.
    const hundred = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`messaging:c${i}`, '']));
    const { event: last } = await app.call('POST', '/channels/read', { user_id: 'olaf', read_by_channel: hundred });
    assert.equal(last.type, 'message.read');
    const { event } = await app.call('POST', '/channels/read', { user_id: 'olaf' }, { headers: { 'idempotency-key': 'all' } });
    assert.equal(event.type, 'message.read');
    assert.equal(await channels(), 0);
    assert.equal(await unread(), 0);
  });

  test('a user token names nobody else', async () => {
    const app = await room();
    const as = { as: 'mara' };
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    for (const prefix of ['', '/api/v2/chat']) {
      await names(app, 'own user', 403, 'POST', `${prefix}/channels/messaging/dock/query`, { user_id: 'olaf' }, as);
      await names(app, 'own user', 403, 'POST', `${prefix}/channels`, { filter_conditions: {}, user_id: 'olaf' }, as);
      await names(app, 'own user', 403, 'POST', `${prefix}/channels/messaging/fresh/query`, { data: { created_by_id: 'olaf' } }, as);
      await names(app, 'own user', 403, 'POST', `${prefix}/channels/messaging/fresh/query`, { data: { created_by: { id: 'olaf' } } }, as);
      await names(app, 'own user', 403, 'GET', `${prefix}/channels/messaging/dock?user_id=olaf`, undefined, as);
      await names(app, 'own user', 403, 'DELETE', `${prefix}/messages/m?delete_for_me=true&deleted_by=olaf`, undefined, as);
    }
    await app.call('DELETE', '/messages/m?delete_for_me=true&deleted_by=mara', undefined, as);
    await app.call('POST', '/channels/messaging/fresh/query', { data: { created_by_id: 'mara' }, user_id: 'mara' }, as);
  });

  test('options of the wrong kind, or of no kind', async () => {
    const app = await room();
    const query = '/channels/messaging/dock/query';
    for (const [name, value] of [['messages', 5], ['messages', 'x'], ['messages', [1]], ['members', 'x'], ['watchers', 5],
      ['messages', { limit: 5, id_before: 'x' }], ['members', { id_gt: 'x' }]]) {
      await names(app, name, 400, 'POST', query, { [name]: value });
    }
    await app.call('POST', query, { messages: [], members: null, watchers: {}, watch: false });
    await app.call('POST', query, { messages: { limit: 5, id_lt: '' }, members: { limit: 5, offset: 0 } });
    await names(app, 'skip_push', 400, 'POST', '/channels/messaging/dock/message', { message: { text: 'x', user_id: 'mara' }, skip_push: 'x' });
    await names(app, 'skip_push', 400, 'POST', '/channels/messaging/dock', { data: {}, skip_push: 'x' });
    await names(app, 'event_type', 400, 'POST', '/check_push', { skip_devices: true, event_type: 'bogus' });
    await app.call('POST', '/check_push', { skip_devices: true, event_type: 'message.new', user_id: 'mara' });
    for (const [field, value] of [['blocked', true], ['app_banned', true], ['muted', true], ['invite', 'bogus'], ['auto_translation_enabled', 'x'], ['notifications_muted', 5]]) {
      await names(app, field, 400, 'POST', '/channels', { filter_conditions: { [field]: value }, user_id: 'mara' });
    }
    await app.channel('quay', ['mara'], { auto_translation_enabled: true });
    const { channels } = await app.call('POST', '/channels', { filter_conditions: { auto_translation_enabled: true } });
    assert.deepEqual(channels.map(({ channel }) => channel.id), ['quay']);
    await names(app, 'product', 400, 'GET', '/hook/events?product=bogus');
    await names(app, 'produkt', 400, 'GET', '/hook/events?produkt=chat');
    assert.ok((await app.call('GET', '/hook/events?product=chat,moderation')).events.length > 0);
    const twice = await app.server.admin('GET', '/deliveries?app_id=1&app_id=2');
    assert.equal(twice.status, 400, twice.text);
  });

  test('numbers that a double holds', async () => {
    const app = await room();
    const send = (number) => app.request('POST', '/channels/messaging/dock/message', `{"message":{"user_id":"mara","text":"x","n":${number}}}`);
    for (const number of ['0e999999', '-0E-999999', '0.0e99999', `1${'0'.repeat(45)}`, `-1${'0'.repeat(300)}`]) {
      const { status, text } = await send(number);
      assert.equal(status, 201, text);
      assert.ok(text.includes(`"n":${number}`), text);
    }
    for (const number of ['1e999999', `1${'0'.repeat(310)}`, `1.${'0'.repeat(45)}1`]) assert.equal((await send(number)).status, 400, number);
  });
});
