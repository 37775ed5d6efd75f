// The newer routes: the same operations under /api/v2, with nested custom data and times as integers
// (docs/contract/routes.md#versions).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kNanoseconds = /^\d{19}$/;
const timesOf = (text, name = 'created_at') => [...text.matchAll(new RegExp(`"${name}":("[^"]*"|[^,}]*)`, 'g'))].map((match) => match[1]);

suite('/api/v2', ({ test, newApp, receiver, path }) => {
  const ok = async (promise, status) => {
    const answer = await promise;
    assert.equal(answer.status, status, answer.text);
    for (const time of timesOf(answer.text)) assert.match(time, kNanoseconds, answer.text.slice(0, 500));
    return answer.json;
  };

  test('app settings', async () => {
    const app = await newApp();
    await ok(app.request('PATCH', '/api/v2/app', {
      event_hooks: [{ hook_type: 'webhook', enabled: true, webhook_url: receiver().url(path()), event_types: [] }],
    }), 200);
    const { app: settings } = await ok(app.request('GET', '/api/v2/app'), 200);
    assert.equal(settings.event_hooks.length, 1);
  });

  test('users, channels and messages with custom objects', async () => {
    const app = await newApp();
    const { users } = await ok(app.request('POST', '/api/v2/users', { users: { mara: { id: 'mara', custom: { deck: 3 } } } }), 201);
    assert.deepEqual(users.mara.custom, { deck: 3 });
    assert.equal(users.mara.deck, undefined);
    const { channel } = await ok(app.request('POST', '/api/v2/chat/channels/messaging/v2/query', {
      data: { created_by_id: 'mara', members: [{ user_id: 'mara' }], custom: { berth: 4 } },
    }), 201);
    assert.deepEqual(channel.custom, { berth: 4 });
    const { message } = await ok(app.request('POST', '/api/v2/chat/channels/messaging/v2/message', {
      message: { id: 'm', text: 'x', user_id: 'mara', custom: { priority: 'high' } },
    }), 201);
    assert.deepEqual(message.custom, { priority: 'high' });
    assert.equal((await app.call('GET', '/messages/m')).message.priority, 'high'); // The same message in v1.
    await app.send('v2', { id: 'n', text: 'x', user_id: 'mara', priority: 'low' });
    const found = await ok(app.request('GET', '/api/v2/chat/messages/n'), 200);
    assert.deepEqual(found.message.custom, { priority: 'low' });
  });

  test('errors have the same shape', async () => {
    const app = await newApp();
    const error = await app.refuses(404, 16, 'GET', '/api/v2/chat/messages/nope');
    assert.equal(error.message, 'GetMessage failed with error: "message with id nope doesn\'t exist"');
    await app.refuses(401, 2, 'GET', '/api/v2/app', undefined, { key: 'nosuchkey000' });
  });

  test('routes of one version do not answer under the other', async () => {
    const app = await newApp();
    await app.refuses(404, 16, 'GET', '/api/v2/messages/nope');
    await app.refuses(404, 16, 'GET', '/chat/messages/nope');
    await app.refuses(404, 16, 'DELETE', '/api/v2/users/mara');
  });
});
