// What one tenant can do to another: nothing. Every route is called by a server of one app with the names
// of another app's things.
import assert from 'node:assert/strict';
import { filled, servedRoutes } from '../harness/routes.mjs';
import { suite } from '../harness/suite.mjs';
import { kTries } from './bodies.mjs';

suite('tenants', ({ test, newApp, server, receiver, path }) => {
  const everything = async (app) => {
    const { app: settings } = await app.call('GET', '/app');
    const { duration: _, ...state } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    const users = (await app.call('GET', `/users?payload=${encodeURIComponent('{"filter_conditions":{}}')}`)).users;
    const { commands } = await app.call('GET', '/commands');
    const { channel_types: types } = await app.call('GET', '/channeltypes');
    return JSON.stringify({ settings, state, users, commands, types });
  };

  test('no route of one app reads or changes anything of another', async () => {
    const [victim, thief] = [await newApp(), await newApp()];
    await victim.channel('dock', ['olaf', 'eve'], { name: 'plunder' });
    await victim.users('victims-own');
    for (const id of ['mine', 'theirs']) await victim.send('dock', { id, text: 'plunder', user_id: 'eve' });
    await victim.call('POST', '/commands', { name: 'ticket', description: 'plunder' });
    await victim.call('POST', '/channeltypes', { name: 'desk' });
    const bulk = await victim.call('POST', '/channels/messaging/gone/query', { data: { created_by_id: 'olaf' } }) &&
      await victim.call('POST', '/channels/delete', { cids: ['messaging:gone'] });
    await victim.hook(receiver().url(path()), 'channel.deleted');
    const before = await everything(victim);

    await thief.users('olaf', 'eve');
    const serverOnly = {
      '/tasks/{id}': { id: bulk.task_id }, '/channeltypes/{name}': { name: 'desk' }, '/commands/{name}': { name: 'ticket' }, '/users/{id}/event': { id: 'victims-own' },
    };
    let calls = 0;
    for (const route of servedRoutes()) {
      const { path: values, query, body } = kTries[route.name] ?? {};
      for (const where of route.paths) {
        const target = filled(where, values ?? serverOnly[route.path] ?? { id: 'victims-own', user_id: 'victims-own' }) + (query ? `?${query}` : '');
        // A server names whom it acts for, wherever that is wanted.
        const actor = { user_id: 'eve', ...(body ?? { event: { type: 'poke' }, description: 'x' }) };
        const inside = Object.fromEntries(Object.entries(actor).map(([name, value]) =>
          [name, ['message', 'reaction', 'event'].includes(name) ? { ...value, user_id: 'eve' } : value]));
        const sent = route.method === 'GET' ? undefined : inside;
        const answer = await thief.request(route.method, route.method === 'DELETE' ? `${target}${target.includes('?') ? '&' : '?'}user_id=eve` : target, sent);
        ++calls;
        assert.ok(answer.status < 500, `${route.method} ${target}: ${answer.text}`);
        assert.ok(!answer.text.includes('plunder') && !answer.text.includes('victims-own"'), `${route.method} ${target}: ${answer.text.slice(0, 500)}`);
      }
    }
    assert.ok(calls >= 100, `${calls} calls`);
    assert.equal(await everything(victim), before);
  });

  test("an app's hooks, commands and handlers are not called for another's messages", async () => {
    const [one, two] = [await newApp(), await newApp()];
    const [hook, asked] = [path(), path()];
    await one.hook(receiver().url(hook));
    await one.call('PATCH', '/app', { before_message_send_hook_url: receiver().script(asked, { body: '' }), custom_action_handler_url: receiver().url(asked) });
    await two.channel('dock', ['mara']);
    await two.send('dock', { text: '/ticket x', user_id: 'mara' });
    await two.drained();
    await one.drained();
    assert.deepEqual([...receiver().callsTo(hook), ...receiver().callsTo(asked)], []);
  });

  test('filters of one app find nothing of another', async () => {
    const [victim, thief] = [await newApp(), await newApp()];
    await victim.channel('dock', ['olaf', 'eve'], { name: 'plunder' });
    await thief.channel('own', ['eve']);
    const ids = [];
    for (const filter of [{}, { cid: 'messaging:dock' }, { id: 'dock' }, { members: { $in: ['olaf'] } }, { created_by_id: 'olaf' }, { name: 'plunder' }, { app_id: (await victim.call('GET', '/app')).app.id },
      { $or: [{ id: 'dock' }, { cid: 'messaging:dock' }] }, { type: { $in: ['messaging', "messaging' OR 1=1 --"] } }, { "name' OR 1=1 --": 'x' }, { 'name"': 'x' }, { 'a.b': 'x' }]) {
      const answer = await thief.request('POST', '/channels', { filter_conditions: filter, state: true });
      assert.ok([201, 400].includes(answer.status), answer.text);
      if (answer.status === 201) ids.push(...answer.json.channels.map(({ channel }) => channel.id));
    }
    assert.deepEqual([...new Set(ids)].filter((id) => id !== 'own'), []);
  });

  test('admin routes know no app token', async () => {
    const app = await newApp();
    for (const [method, where] of [['GET', '/apps'], ['GET', '/deliveries'], ['GET', '/hooks'], ['GET', '/dead_letters'], ['POST', '/apps'], ['POST', `/apps/${await app.id()}/keys`]]) {
      const answer = await server().admin(method, where, method === 'POST' ? {} : undefined, { headers: { authorization: `Bearer ${app.serverToken()}` } });
      assert.ok([401, 429].includes(answer.status), answer.text);
    }
  });
}, { concurrency: 2 });
