// The same thing sent twice takes effect once (docs/contract/rulings.md#16).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
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
