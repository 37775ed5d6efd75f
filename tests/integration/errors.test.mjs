// Answers' shapes, and reasons that clients compare word for word (docs/contract/routes.md#errors).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('answers', ({ test, server, newApp }) => {
  test('success has a duration and the status of its method', async () => {
    const app = await newApp();
    await app.channel('status', ['mara']);
    const expected = [
      ['GET', '/app', undefined, 200],
      ['PATCH', '/app', {}, 200],
      ['POST', '/users', { users: { olaf: { id: 'olaf' } } }, 201],
      ['PATCH', '/users', { users: [{ id: 'olaf', set: { n: 1 } }] }, 200],
      ['POST', '/channels/messaging/status/message', { message: { id: 'status-1', text: 'x', user_id: 'mara' } }, 201],
      ['PUT', '/messages/status-1', { set: { text: 'y' }, user_id: 'mara' }, 201],
      ['GET', '/messages/status-1', undefined, 200],
      ['DELETE', '/messages/status-1', undefined, 200],
      ['GET', '/channeltypes', undefined, 200],
    ];
    for (const [method, path, body, status] of expected) {
      const answer = await app.request(method, path, body);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      assert.match(answer.json.duration, /^\d+(\.\d+)?(ns|µs|us|ms|s)$/, path);
      assert.match(answer.headers['content-type'], /^application\/json/);
    }
  });

  test('rate limit headers are on every answer and make sense', async () => {
    const { app } = server();
    for (const [method, path, more] of [
      ['GET', '/app', {}],
      ['GET', '/messages/none', {}],
      ['GET', '/no/such/path', {}],
      ['POST', '/users', { body: '{' }],
    ]) {
      const { headers } = await app.request(method, path, more.body);
      const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`]);
      for (const value of [limit, remaining, reset]) assert.match(value ?? '', /^\d+$/, `${method} ${path}`);
      assert.ok(Number(remaining) <= Number(limit));
      assert.ok(Number(reset) >= Date.now() / 1000 - 1 && Number(reset) < Date.now() / 1000 + 3600, reset);
    }
  });

  test('an error has all fields', async () => {
    const error = await server().app.refuses(404, 16, 'GET', '/messages/nope');
    assert.equal(error.message, 'GetMessage failed with error: "message with id nope doesn\'t exist"');
    assert.match(error.duration, /^\d+(\.\d+)?(ns|µs|us|ms|s)$/);
    assert.match(error.more_info, /^https?:\/\//);
    assert.ok(Array.isArray(error.details));
  });

  test('compresses only for those who ask', async () => {
    const { app } = server();
    const plain = await app.request('GET', '/app');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.json.app !== undefined, true);
  });
});

suite('reasons', ({ test, server, newApp }) => {
  let app;
  const channel = '/channels/messaging/reasons';
  const prepare = async () => {
    app ??= await newApp();
    await app.channel('reasons', ['mara', 'olaf']);
  };

  /** The reason inside `Operation failed with error: "…"`. */
  const reason = async (operation, status, code, ...request) => {
    const { message } = await app.refuses(status, code, ...request);
    const start = `${operation} failed with error: "`;
    assert.ok(message.startsWith(start) && message.endsWith('"'), message);
    return message.slice(start.length, -1);
  };

  test('channel without a creator', async () => {
    await prepare();
    assert.equal(
      await reason('GetOrCreateChannel', 400, 4, 'POST', '/channels/messaging/fresh/query', { data: {} }),
      'either data.created_by or data.created_by_id must be provided when using server side auth.',
    );
  });

  test('message without an actor, and with two', async () => {
    await prepare();
    assert.equal(
      await reason('SendMessage', 400, 4, 'POST', `${channel}/message`, { message: { text: 'x' } }),
      'either message.user or message.user_id must be provided when using server side auth.',
    );
    assert.equal(
      await reason('SendMessage', 400, 4, 'POST', `${channel}/message`, {
        message: { text: 'x', user_id: 'mara', user: { id: 'mara' } },
      }),
      'cannot set both message.user and message.user_id.',
    );
  });

  test('reserved message fields', async () => {
    await prepare();
    assert.equal(
      await reason('SendMessage', 400, 4, 'POST', `${channel}/message`, {
        message: { text: 'x', user_id: 'mara', created_at: '2020-01-01T00:00:00Z' },
      }),
      'message.created_at is a reserved field',
    );
  });

  test('event, read and mute without an actor', async () => {
    await prepare();
    assert.equal(
      await reason('SendEvent', 400, 4, 'POST', `${channel}/event`, { event: { type: 'crane_moved' } }),
      'either event.user or event.user_id must be provided when using server side auth.',
    );
    assert.equal(
      await reason('MarkRead', 400, 4, 'POST', `${channel}/read`, {}),
      'either user or user_id must be provided when using server side auth.',
    );
    assert.equal(
      await reason('MarkChannelsRead', 400, 4, 'POST', '/channels/read', {}),
      'either user or user_id must be provided when using server side auth.',
    );
  });

  test('unknown actor', async () => {
    await prepare();
    const { message } = (await app.request('POST', `${channel}/event`, { event: { type: 'wave', user_id: 'ghost' } })).json;
    assert.ok(message.includes('the user ghost does not exist'), message);
  });

  test('unknown channel type', async () => {
    await prepare();
    const answers = await Promise.all([
      app.request('GET', '/channeltypes/nonesuch'),
      app.request('POST', '/channels/nonesuch/x/query', { data: { created_by_id: 'mara' } }),
    ]);
    for (const { status, json, text } of answers) {
      assert.ok(status === 404 || status === 400, text);
      assert.ok(json.message.includes('nonesuch is not a defined channel type'), text);
    }
    assert.equal(answers[0].status, 404);
  });

  test('bad enum in app settings', async () => {
    await prepare();
    assert.equal(
      await reason('UpdateApp', 400, 4, 'PATCH', '/app', { enforce_unique_usernames: 'maybe' }),
      'enforce_unique_usernames must be one of [no app team]',
    );
  });

  test('unknown task', async () => {
    await prepare();
    const id = '9a3f2c00-0000-4000-8000-000000000000';
    const answer = await app.request('GET', `/tasks/${id}`);
    assert.equal(answer.status, 404, answer.text);
    assert.equal(answer.json.code, 16);
    assert.ok(answer.json.message.includes(`Can't find task with id \\"${id}\\"`) ||
      answer.json.message.includes(`Can't find task with id "${id}"`), answer.json.message);
  });

  test('unknown command', async () => {
    await prepare();
    const { message } = await app.refuses(404, 16, 'GET', '/commands/roll');
    assert.equal(message, 'GetCommand failed with error: "command with name \\"roll\\" does not exist"');
  });

  test('checking push for a user without devices', async () => {
    await prepare();
    const { message } = await app.refuses(400, 4, 'POST', '/check_push', { user_id: 'mara' });
    assert.match(message, /User has no enabled devices associated/);
  });

  test('a duplicate message id', async () => {
    await prepare();
    await app.send('reasons', { id: 'twice', text: 'one', user_id: 'mara' });
    const { message } = await app.refuses(400, 4, 'POST', `${channel}/message`, {
      message: { id: 'twice', text: 'two', user_id: 'mara' },
    });
    assert.match(message, /^SendMessage failed with error: ".*twice.*"$/);
    assert.equal((await app.call('GET', '/messages/twice')).message.text, 'one');
  });
});

suite('routes', ({ test, server }) => {
  test('operations that Stream has and Hookline has not are 501 and named', async () => {
    const known = [
      ['POST', '/campaigns/query', 'QueryCampaigns'],
      ['GET', '/imports', 'ListImports'],
      ['GET', '/segments/some', 'GetSegment'],
      ['POST', '/api/v2/chat/campaigns/query', 'QueryCampaigns'],
    ];
    for (const [method, path, operation] of known) {
      const { message } = await server().app.refuses(501, 4, method, path, method === 'POST' ? {} : undefined);
      assert.ok(message.includes(operation), message);
    }
  });

  test('paths that Stream has not either are 404', async () => {
    for (const path of ['/nonsense', '/app/more', '/channels/messaging', '/api/v2', '/api/v3/app', '/messages']) {
      await server().app.refuses(404, 16, 'GET', path);
    }
  });

  test('a known path with another method is an error of the client', async () => {
    for (const [method, path] of [['DELETE', '/app'], ['PUT', '/users'], ['PATCH', '/commands']]) {
      const answer = await server().app.request(method, path, '{}');
      assert.ok([404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
      assert.equal(answer.json.code, 16);
    }
  });

  test('metrics are Prometheus text', async () => {
    const answer = await server().app.request('GET', '/metrics', undefined, { key: null, token: null });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^text\/plain/);
    const lines = answer.text.trimEnd().split('\n');
    assert.ok(lines.length > 5, answer.text);
    for (const line of lines) assert.match(line, /^(# (HELP|TYPE) \S+ .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? \S+)$/);
  });

  test('health is open, to everyone', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await server().app.request('GET', path, undefined, { key: null, token: null });
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    }
  });
});
