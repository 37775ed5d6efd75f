// Who may call what, from the route table: nothing is left out, and a route that is added has to be thought
// about here before this passes.
import assert from 'node:assert/strict';
import { filled, servedRoutes } from '../harness/routes.mjs';
import { suite } from '../harness/suite.mjs';
import { kTries } from './bodies.mjs';

const kRoutes = servedRoutes();
const kOpen = kRoutes.filter((route) => route.open);
/** Values for the parameters of routes that only servers may call. */
const kServerOnly = { id: 'eve', user_id: 'eve', name: 'messaging' };

const attempt = (app, route, path, more) => {
  const { path: values = kServerOnly, query, body } = kTries[route.name] ?? {};
  const sent = body ?? (['GET', 'DELETE'].includes(route.method) ? undefined : {});
  return app.request(route.method, filled(path, values) + (query ? `?${query}` : ''), sent, more);
};

suite('who may call what', ({ test, newApp }) => {
  /** messaging:dock of olaf's, where eve is a member and zoe is not. */
  const harbour = async (owner = 'olaf') => {
    const app = await newApp();
    await app.users('zoe');
    await app.channel('dock', owner === 'olaf' ? ['olaf', 'eve'] : ['eve', 'olaf']);
    await app.send('dock', { id: 'mine', text: 'x', user_id: 'eve' });
    await app.send('dock', { id: 'theirs', text: 'secret', user_id: 'olaf' });
    await app.call('POST', '/messages/mine/reaction', { reaction: { type: 'like', user_id: 'eve' } });
    return app;
  };
  const ban = (app, where = {}) => app.call('POST', '/moderation/ban', { target_user_id: 'eve', banned_by_id: 'olaf', ...where });
  const forbids = async (app, route, path, as, why) => {
    const answer = await attempt(app, route, path, { as });
    assert.ok([403, 404].includes(answer.status), `${why}: ${route.method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };

  test('the table is read whole, and every open route is tried', () => {
    assert.ok(kRoutes.length >= 54, `${kRoutes.length} routes`);
    const untried = kOpen.filter((route) => !(route.name in kTries)).map((route) => route.name);
    assert.deepEqual(untried, [], 'say in bodies.mjs what a user would send, and whether it writes');
    for (const name of Object.keys(kTries)) assert.ok(kOpen.some((route) => route.name === name), `${name} is no open route`);
  });

  test('a user token is refused wherever only servers may call, in both dialects', async () => {
    const app = await harbour();
    for (const route of kRoutes.filter((each) => !each.open)) {
      for (const path of route.paths) {
        for (const token of [app.userToken('eve'), app.userToken('eve', { server: true }), app.userToken('eve', { role: 'admin' })]) {
          const answer = await attempt(app, route, path, { token });
          assert.deepEqual([answer.status, answer.json?.code], [403, 17], `${route.method} ${path}: ${answer.text}`);
        }
      }
    }
  });

  test('no token, a wrong one, and one of another app open no route at all', async () => {
    const app = await harbour();
    const other = await newApp();
    await other.users('eve');
    for (const route of kRoutes) {
      for (const path of route.paths) {
        for (const [token, code] of [[null, 5], ['x.y.z', 5], [other.userToken('eve'), 43], [other.serverToken(), 43]]) {
          const answer = await attempt(app, route, path, { token });
          assert.deepEqual([answer.status, answer.json?.code], [401, code], `${route.method} ${path}: ${answer.text}`);
        }
      }
    }
  });

  test('who is no member gets nothing of a channel, and changes nothing in it', async () => {
    const inside = kOpen.filter(({ name }) => {
      const { path, query = '', body } = kTries[name] ?? {};
      return name !== 'GetOrCreateChannel' && (path?.id !== undefined || /dock/.test(query + JSON.stringify(body ?? {})) || name === 'Flag');
    });
    assert.ok(inside.length >= 24, `${inside.length} routes`);
    const app = await harbour();
    const before = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    for (const route of inside) {
      for (const path of route.paths) {
        const answer = await forbids(app, route, path, 'zoe', 'a stranger');
        assert.ok(!answer.text.includes('secret'), answer.text);
      }
    }
    const { channels } = await app.call('POST', '/channels', { filter_conditions: {}, state: true }, { as: 'zoe' });
    assert.deepEqual(channels, []);
    const after = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.deepEqual({ ...after, duration: 0 }, { ...before, duration: 0 });
  });

  const writes = kOpen.filter(({ name }) => kTries[name]?.writes);
  const everyWrite = async (app, as, why) => {
    for (const route of writes) for (const path of route.paths) await forbids(app, route, path, as, why);
  };

  test('a member writes in all these ways, unless banned', async () => {
    for (const where of [{}, { type: 'messaging', id: 'dock' }]) {
      // eve has made the channel: so nothing but the ban stands in the way.
      for (const route of writes) {
        for (const path of route.paths) {
          if (route.name === 'RunMessageAction') continue; // Needs an ephemeral message: below.
          const answer = await attempt(await harbour('eve'), route, path, { as: 'eve' });
          assert.ok(answer.status < 300, `${route.method} ${path}: ${answer.status} ${answer.text}`);
        }
      }
      const app = await harbour('eve');
      await ban(app, where);
      await everyWrite(app, 'eve', 'a banned user');
      const { messages } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
      assert.deepEqual(messages.map(({ id, text }) => [id, text]), [['mine', 'x'], ['theirs', 'secret']]);
      await app.call('DELETE', `/moderation/ban?target_user_id=eve${'id' in where ? '&type=messaging&id=dock' : ''}`);
      await app.call('POST', '/channels/messaging/dock/message', { message: { text: 'again' } }, { as: 'eve' });
    }
  });

  test('a banned user makes no channel, and changes none that is there', async () => {
    const app = await harbour('eve');
    await ban(app);
    const as = { as: 'eve' };
    for (const v2 of ['', '/api/v2/chat']) {
      for (const [method, path, body] of [
        ['POST', '/channels/messaging/fresh/query', { data: { members: ['eve', 'olaf'], name: 'spam' } }],
        ['POST', '/channels/livestream/fresh/query', { data: { name: 'spam' } }],
        ['POST', '/channels/messaging/query', { data: { members: ['eve', 'olaf'], name: 'spam' } }],
        ['POST', '/channels/messaging/dock', { data: { name: 'spam' } }],
        ['POST', '/channels/messaging/dock', { add_members: ['zoe'] }],
        ['PATCH', '/channels/messaging/dock', { set: { name: 'spam' } }],
        ['PATCH', '/channels/messaging/dock/member', { set: { badge: 'spam' } }],
        ['PATCH', '/channels/messaging/dock/member/eve', { set: { badge: 'spam' } }],
        ['POST', '/channels/messaging/dock/truncate', {}],
      ]) {
        await app.refuses(403, 17, method, v2 + path, body, as);
      }
    }
    // What is for eve alone stays.
    await app.call('POST', '/channels/messaging/dock/query', { state: true }, as);
    await app.call('POST', '/channels/messaging/dock/read', {}, as);
    await app.call('PATCH', '/channels/messaging/dock/member', { set: { pinned: true } }, as);
  });

  test('a ban holds for a button that was shown before it, and for a command', async () => {
    const app = await harbour();
    await app.call('POST', '/channels/messaging/dock/message', { message: { id: 'g', text: '/giphy crane' } }, { as: 'eve' });
    await ban(app);
    const send = await app.request('POST', '/messages/g/action', { form_data: { image_action: 'send' } }, { as: 'eve' });
    assert.equal(send.status, 403, send.text);
    const again = await app.request('POST', '/channels/messaging/dock/message', { message: { text: '/giphy boat' } }, { as: 'eve' });
    assert.equal(again.status, 403, again.text);
    const { messages } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.equal(messages.length, 2);
  });

  test('a frozen or disabled channel takes nothing from users, its maker among them', async () => {
    for (const how of ['frozen', 'disabled']) {
      const app = await harbour('eve');
      await app.call('POST', '/channels/messaging/dock/message', { message: { id: 'g', text: '/giphy crane' } }, { as: 'eve' });
      await app.call('PATCH', '/channels/messaging/dock', { set: { [how]: true } });
      await everyWrite(app, 'eve', how);
      const send = await app.request('POST', '/messages/g/action', { form_data: { image_action: 'send' } }, { as: 'eve' });
      assert.equal(send.status, 403, send.text);
      // Nor does eve thaw it.
      await app.refuses(403, 17, 'PATCH', '/channels/messaging/dock', { set: { [how]: false } }, { as: 'eve' });
      await app.refuses(403, 17, 'PATCH', '/channels/messaging/dock', { unset: [how] }, { as: 'eve' });
      await app.refuses(403, 17, 'POST', '/channels/messaging/dock', { data: { [how]: false } }, { as: 'eve' });
      const { channel, messages } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
      assert.equal(channel[how], true);
      assert.equal(messages.length, 2);
    }
  });
}, { concurrency: 2 });
