// The same thing sent twice takes effect once (docs/contract/rulings.md#16), and a key opens nothing that
// its caller may not see any more (docs/contract/rulings.md#57).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness/suite.mjs';

suite('Idempotency-Key', ({ test, server, newApp, receiver, path }) => {
  const post = (app, key, text, more = {}) =>
    app.request('POST', '/channels/messaging/dock/message', { message: { text, user_id: 'mara', ...more } },
      { headers: { 'Idempotency-Key': key } });
  const count = async (app) => (await app.call('POST', '/channels/messaging/dock/query', { state: true })).messages.length;

  test('the same key returns the first answer and sends one event', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');
    const key = randomUUID();
    const first = await post(app, key, 'once');
    const second = await post(app, key, 'once');
    assert.equal(first.status, 201, first.text);
    assert.equal(second.status, 201, second.text);
    assert.deepEqual(second.json.message, first.json.message);
    assert.equal(await count(app), 1);
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, 1);
  });

  test('many at once take effect once', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(app, key, 'race')));
    const ids = new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.json.message.id));
    assert.equal(ids.size, 1, answers.map((answer) => answer.text).join('\n'));
    assert.equal(await count(app), 1);
  });

  test('other keys, and other apps with the same key, are separate', async () => {
    const [one, two] = [await newApp(), await newApp()];
    for (const app of [one, two]) await app.channel('dock', ['mara']);
    const key = randomUUID();
    await post(one, key, 'a');
    await post(one, randomUUID(), 'b');
    const other = await post(two, key, 'c');
    assert.equal(other.json.message.text, 'c');
    assert.equal(await count(one), 2);
    assert.equal(await count(two), 1);
  });

  test('an error that changed nothing does not use the key up', async () => {
    const app = await newApp();
    const key = randomUUID();
    const first = await post(app, key, 'early');
    assert.equal(first.status, 404, first.text); // No such channel yet.
    await app.channel('dock', ['mara']);
    const second = await post(app, key, 'early');
    assert.equal(second.status, 201, second.text);
    const third = await post(app, key, 'early');
    assert.equal(third.json.message.id, second.json.message.id);
    assert.equal(await count(app), 1);
  });

  test('a key is its caller\'s own: nobody else gets the answer', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'tom']);
    await app.users('eve');
    const key = randomUUID();
    const send = (as) =>
      app.request('POST', '/channels/messaging/dock/message', { message: { text: 'secret' } },
        { as, headers: { 'Idempotency-Key': key } });
    const maras = await send('mara');
    assert.equal(maras.status, 201, maras.text);
    const eves = await send('eve'); // No member.
    assert.equal(eves.status, 403, eves.text);
    const toms = await send('tom');
    assert.notEqual(toms.json.message.id, maras.json.message.id);
    assert.equal((await send('mara')).json.message.id, maras.json.message.id);
  });

  test('a query by POST ignores the key', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const key = randomUUID();
    const query = async () =>
      (await app.request('POST', '/channels/messaging/dock/query', { state: true },
        { headers: { 'Idempotency-Key': key } })).json.messages.length;
    assert.equal(await query(), 0);
    await app.send('dock', { text: 'new', user_id: 'mara' });
    assert.equal(await query(), 1);
  });

  test('survives a restart', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const key = randomUUID();
    const first = await post(app, key, 'durable');
    await server().stop();
    await server().start();
    const second = await post(app, key, 'durable');
    assert.equal(second.status, 201, second.text);
    assert.equal(second.json.message.id, first.json.message.id);
    assert.equal(await count(app), 1);
  });
});

suite('replays', ({ test, newApp, server }) => {
  const kSend = ['POST', '/channels/messaging/dock/message'];
  const body = { message: { text: 'secret' } };
  const headers = { 'Idempotency-Key': 'k-1' };
  const harbour = async () => {
    const app = await newApp();
    await app.channel('dock', ['olaf', 'mara', 'eve']);
    const first = await app.request(...kSend, body, { as: 'eve', headers });
    assert.equal(first.status, 201, first.text);
    return app;
  };
  const replay = (app, more = {}) => app.request(...kSend, body, { as: 'eve', headers, ...more });

  const kChanges = [
    ['is no member any more', (app) => app.call('POST', '/channels/messaging/dock', { remove_members: ['eve'] })],
    ['finds the channel deleted', (app) => app.call('DELETE', '/channels/messaging/dock')],
  ];

  for (const [what, change] of kChanges) {
    test(`who ${what} is told what was told before, word for word, and nothing happens`, async () => {
      const app = await harbour();
      const kept = (await replay(app)).json.message;
      await app.call('POST', '/messages/' + kept.id, { message: { text: 'changed since', user_id: 'eve' } });
      await change(app);
      const answer = await replay(app);
      assert.ok(!answer.text.includes('changed since'), answer.text);
      if (answer.status === 201) assert.deepEqual(answer.json.message, kept);
      else assert.ok([403, 404].includes(answer.status), answer.text);
    });

    test(`who ${what} gets no answer that is built anew`, async () => {
      const app = await newApp();
      const ids = ['olaf', 'eve', ...Array.from({ length: 48 }, (_, i) => `u${i}`)];
      await app.call('POST', '/users', { users: Object.fromEntries(ids.map((id) => [id, { id, x: 'x'.repeat(5000) }])) });
      await app.call('POST', '/channels/messaging/dock/query', { data: { created_by_id: 'olaf', members: ids } });
      await app.call('POST', '/channels/messaging/dock', { add_moderators: ['eve'] });
      const update = () => app.request('POST', '/channels/messaging/dock', { data: { n: 1 } }, { as: 'eve', headers: { 'Idempotency-Key': 'k-2' } });
      const first = await update();
      assert.equal(first.status, 201, first.text.slice(0, 300));
      assert.ok(first.text.length > 100_000, 'too large to be kept');
      assert.equal((await update()).status, 201);
      await app.call('PATCH', '/channels/messaging/dock', { set: { name: 'secret' } });
      await change(app);
      const answer = await update();
      assert.ok([403, 404].includes(answer.status), `${answer.status} ${answer.text.slice(0, 300)}`);
      assert.ok(!answer.text.includes('secret'));
    });
  }

  test('who has had all tokens revoked gets nothing', async () => {
    const app = await harbour();
    await app.call('PATCH', '/users', { users: [{ id: 'eve', set: { revoke_tokens_issued_before: new Date(Date.now() + 60_000).toISOString() } }] });
    const answer = await replay(app);
    assert.equal(answer.status, 401, answer.text);
    assert.ok(!answer.text.includes('secret'));
  });

  test('another caller, tenant, method, path, query or body is not answered from it', async () => {
    const app = await harbour();
    const { text: first } = await replay(app);
    const id = JSON.parse(first).message.id;
    for (const [why, request] of [
      ['another body', () => app.request(...kSend, { message: { text: 'other' } }, { as: 'eve', headers })],
      ['another query', () => app.request('POST', `${kSend[1]}?x=1`, body, { as: 'eve', headers })],
      ['another path', () => app.request('POST', '/channels/messaging/dock/event', body, { as: 'eve', headers })],
      ['the other dialect', () => app.request('POST', `/api/v2/chat${kSend[1]}`, body, { as: 'eve', headers })],
    ]) {
      const answer = await request();
      assert.equal(answer.status, 400, `${why}: ${answer.text}`);
    }
    for (const more of [{ as: 'mara' }, { as: undefined }]) {
      const answer = await replay(app, more);
      assert.ok(!answer.text.includes(id), answer.text);
    }
    const other = await newApp();
    await other.channel('dock', ['olaf', 'eve']);
    assert.ok(!(await replay(other)).text.includes(id));
    for (const token of [null, 'x.y.z', app.userToken('eve', { exp: 1 })]) {
      assert.equal((await replay(app, { token })).status, 401);
    }
  });

  test('large answers are not kept: small requests do not fill the disk', async () => {
    const app = await newApp();
    const ids = Array.from({ length: 100 }, (_, i) => `u${i}`);
    await app.call('POST', '/users', { users: Object.fromEntries(ids.map((id) => [id, { id, x: 'x'.repeat(5000) }])) });
    await app.call('POST', '/channels/messaging/big/query', { data: { created_by_id: 'u0', members: ids } });
    const size = () => readdirSync(server().dataDir).reduce((sum, file) => sum + statSync(join(server().dataDir, file)).size, 0);
    const before = size();
    let answered = 0;
    for (let i = 0; i < 30; ++i) {
      const request = () => app.request('POST', '/channels/messaging/big', { data: { n: i } }, { headers: { 'Idempotency-Key': `big-${i}` } });
      const answer = await request();
      assert.equal(answer.status, 201, answer.text.slice(0, 300));
      answered += answer.text.length;
      assert.equal((await request()).json.channel.cid, 'messaging:big');
    }
    assert.ok(answered > 10e6, `${answered} bytes were answered: the test shows nothing`);
    assert.ok(size() - before < answered / 2, `${size() - before} bytes on disk for ${answered} bytes of answers`);
  });
}, { concurrency: 2 });

suite('message ids', ({ test, newApp }) => {
  test('ten at once: one 201, nine 400 code 4', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        app.request('POST', '/channels/messaging/dock/message', { message: { id: 'same', text: `${i}`, user_id: 'mara' } })),
    );
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
    assert.equal(answers.filter((answer) => answer.status === 400 && answer.json.code === 4).length, 9);
  });

  test('are one namespace per app, over channels', async () => {
    const [one, two] = [await newApp(), await newApp()];
    for (const app of [one, two]) for (const id of ['a', 'b']) await app.channel(id, ['mara']);
    await one.send('a', { id: 'same', text: 'x', user_id: 'mara' });
    await one.refuses(400, 4, 'POST', '/channels/messaging/b/message', { message: { id: 'same', text: 'x', user_id: 'mara' } });
    await two.send('a', { id: 'same', text: 'x', user_id: 'mara' });
  });
});
