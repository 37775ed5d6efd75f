// A user's token gives its user no rights: no role, no teams, in no place of any request where a user
// can be described. What a client sends back unchanged is taken (docs/contract/rulings.md#33).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kRaises = {
  role: 'admin', teams: ['red'], teams_role: { red: 'admin' }, banned: false, shadow_banned: true, invisible: true,
  revoke_tokens_issued_before: '2020-01-01T00:00:00Z', created_at: '2020-01-01T00:00:00Z', deactivated_at: null,
};

suite('what a user token does not give', ({ test, newApp }) => {
  const harbour = async () => {
    const app = await newApp();
    await app.call('POST', '/users', { users: { mara: { id: 'mara', teams: ['blue'], teams_role: { blue: 'user' } }, olaf: { id: 'olaf' } } });
    await app.call('POST', '/channels/messaging/dock/query', { data: { created_by_id: 'olaf', members: ['olaf', 'mara'] } });
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    return app;
  };
  const stored = async (app) => {
    const payload = encodeURIComponent('{"filter_conditions":{"id":"mara"}}');
    const { users: [{ role, teams, teams_role, created_at, banned }] } = await app.call('GET', `/users?payload=${payload}`);
    return { role, teams, teams_role, created_at, banned };
  };

  test('role and teams, by every request that describes a user', async () => {
    const app = await harbour();
    const before = await stored(app);
    for (const v2 of [false, true]) {
      const [users, chat] = v2 ? ['/api/v2/users', '/api/v2/chat'] : ['/users', ''];
      for (const [field, value] of Object.entries(kRaises)) {
        const user = { id: 'mara', [field]: value };
        const nested = { id: 'mara', custom: { [field]: value } };
        for (const [method, path, body] of [
          ['POST', users, { users: { mara: user } }],
          ['POST', users, { users: { mara: nested } }],
          ['PATCH', users, { users: [{ id: 'mara', set: { [field]: value } }] }],
          ['PATCH', users, { users: [{ id: 'mara', set: { custom: { [field]: value } } }] }],
          ['PATCH', users, { users: [{ id: 'mara', unset: [field] }] }],
          ['PATCH', users, { users: [{ id: 'mara', set: { [`${field}.x`]: value } }] }],
          ['POST', `${chat}/channels/messaging/dock/message`, { message: { text: 'x', user } }],
          ['POST', `${chat}/messages/m`, { message: { text: 'x', user } }],
          ['POST', `${chat}/messages/m/reaction`, { reaction: { type: 'like', user } }],
          ['POST', `${chat}/channels/messaging/dock/read`, { user }],
          ['POST', `${chat}/channels/messaging/dock/event`, { event: { type: 'poke', user } }],
          ['POST', `${chat}/channels/messaging/fresh/query`, { data: { created_by: user, members: [{ user_id: 'mara', user }] } }],
          ['POST', `${chat}/channels/messaging/dock/hide`, { user }],
        ]) {
          const answer = await app.request(method, path, body, { as: 'mara' });
          assert.ok(answer.status < 500, `${method} ${path} ${field}: ${answer.text}`);
          assert.deepEqual(await stored(app), before, `${method} ${path} ${JSON.stringify(body)}: ${answer.status}`);
        }
      }
    }
  });

  test('a change of role or teams is 403; the same values again are taken', async () => {
    const app = await harbour();
    for (const [field, value] of [['role', 'admin'], ['teams', ['red']], ['teams', ['blue', 'red']], ['teams', []], ['teams_role', { blue: 'admin' }]]) {
      await app.refuses(403, 17, 'POST', '/users', { users: { mara: { id: 'mara', teams: ['blue'], teams_role: { blue: 'user' }, [field]: value } } }, { as: 'mara' });
    }
    await app.call('POST', '/users', { users: { mara: { id: 'mara', role: 'user', teams: ['blue'], teams_role: { blue: 'user' }, name: 'M' } } }, { as: 'mara' });
  });

  test('a member makes nobody a moderator, not even itself', async () => {
    const app = await harbour();
    const as = { as: 'mara' };
    for (const [method, path, body] of [
      ['POST', '/channels/messaging/dock', { add_moderators: ['mara'] }],
      ['POST', '/channels/messaging/dock', { assign_roles: [{ user_id: 'mara', channel_role: 'channel_moderator' }] }],
      ['POST', '/channels/messaging/dock', { add_members: [{ user_id: 'mara', channel_role: 'channel_moderator' }] }],
      ['PATCH', '/channels/messaging/dock/member', { set: { channel_role: 'channel_moderator' } }],
      ['PATCH', '/channels/messaging/dock/member', { set: { is_moderator: true } }],
      ['PATCH', '/channels/messaging/dock/member/mara', { set: { role: 'owner', channel_role: 'channel_moderator' } }],
      ['PATCH', '/channels/messaging/dock/member/olaf', { set: { badge: 1 } }],
    ]) {
      const answer = await app.request(method, path, body, as);
      assert.ok(answer.status === 403 || answer.status === 400 || answer.status === 200, answer.text);
    }
    const { members } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    const mara = members.find(({ user_id }) => user_id === 'mara');
    assert.deepEqual([mara.channel_role, mara.is_moderator ?? false], ['channel_member', false]);
    assert.equal(members.find(({ user_id }) => user_id === 'olaf').badge, undefined);
  });
}, { concurrency: 2 });
