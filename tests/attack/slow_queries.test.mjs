// One app asks what takes long to answer, all it can at once. It waits for itself only: the requests of another
// app are answered meanwhile, and each of its own ends with an answer that says what became of it.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { within } from '../harness/wait.mjs';

const kUsers = 1500;
const kChannels = 200;
const kOfEach = 20;
/** Far less than what the attacker's queries take together, far more than an answer takes. */
const kDeadlineMs = 10_000;

const ids = (kind, count) => Array.from({ length: count }, (_, i) => `${kind}-${i}`);
const repeat = (count, value) => Array.from({ length: count }, () => value);
/** Each of its words is found only at the very end of `kText`, after many that begin like it. */
const kText = `${'ab'.repeat(2000)}bz`;
const kWords = repeat(200, 'bz').join(' ');
const nested = (depth, inner) => (depth === 0 ? inner : { [['$or', '$and', '$nor'][depth % 3]]: [nested(depth - 1, inner), { color: 'x' }] });

const channels = (more) => (app) => app.request('POST', '/channels', { state: false, limit: 30, ...more });
const users = (payload) => (app) => app.request('GET', `/users?payload=${encodeURIComponent(JSON.stringify({ limit: 30, ...payload }))}`);
const members = (payload) => (app) =>
  app.request('GET', `/members?payload=${encodeURIComponent(JSON.stringify({ type: 'messaging', id: 'crowd', limit: 30, ...payload }))}`);

const kKinds = {
  'lists of members, more than a query may have': channels({ filter_conditions: { $and: repeat(20, { members: { $in: ids('user', 100) } }) } }),
  'lists of members': channels({ filter_conditions: { $or: repeat(10, { members: { $in: ids('user', 100) } }) } }),
  'lists of custom values': channels({ filter_conditions: { $nor: repeat(10, { color: { $in: ids('color', 100) } }) } }),
  'exactly these members': channels({ filter_conditions: { $or: repeat(10, { members: ids('user', 100) }) } }),
  'words in names of channels': channels({ filter_conditions: { $and: repeat(4, { story: { $q: kWords } }) } }),
  'conditions within conditions': channels({ filter_conditions: nested(7, { $or: repeat(20, { story: { $autocomplete: 'bz' } }) }) }),
  'custom orders': channels({ filter_conditions: {}, sort: ids('field', 5).map((field) => ({ field, direction: -1 })), offset: 1000 }),
  'words about users': users({ filter_conditions: { $and: repeat(4, { story: { $q: kWords } }) } }),
  'beginnings of words about users': users({ filter_conditions: { $and: repeat(100, { story: { $autocomplete: 'z' } }) } }),
  'any of many beginnings of words': users({ filter_conditions: { $or: repeat(90, { story: { $autocomplete: 'z' } }) } }),
  'users in custom orders, far down': users({ filter_conditions: {}, sort: ids('field', 5).map((field) => ({ field, direction: 1 })), offset: 1000 }),
  'words about members': members({ filter_conditions: { $nor: repeat(4, { story: { $q: kWords } }) } }),
};
const kEnds = new Map([
  [200, undefined],
  [201, undefined],
  [400, 4],
  [408, 23],
  [503, -1],
]);

async function fill(app) {
  const all = ids('user', kUsers);
  for (let from = 0; from < kUsers; from += 100) {
    const batch = all.slice(from, from + 100).map((id, i) => [id, { id, story: kText, 'field-0': i }]);
    await app.call('POST', '/users', { users: Object.fromEntries(batch) });
  }
  const create = (id, i) => app.call('POST', `/channels/messaging/${id}/query`, {
    data: { created_by_id: 'user-0', members: [`user-${i % 100}`], story: kText, color: `color-${i}`, 'field-0': i },
  });
  await Promise.all(ids('channel', kChannels).map(create));
  await app.call('POST', '/channels/messaging/crowd/query', { data: { created_by_id: 'user-0', members: all.slice(0, 100) } });
}

suite('slow queries', ({ test, newApp, server }) => {
  test('of one app leave the others alone', async () => {
    const [attacker, other] = [await newApp(), await newApp()];
    await fill(attacker);
    await other.channel('dock', ['mara']);
    await other.send('dock', { id: 'there', text: 'x', user_id: 'mara' });

    let open = 0;
    const ends = new Map();
    const flood = Object.entries(kKinds).flatMap(([kind, ask]) => repeat(kOfEach, kind).map(async () => {
      ++open;
      const answer = await ask(attacker);
      --open;
      const end = `${kind}: ${answer.status}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      assert.ok(kEnds.has(answer.status), `${end} ${answer.text}`);
      assert.equal(answer.json.code, kEnds.get(answer.status), answer.text);
      if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) >= 1);
    }));

    const everyday = [
      () => other.send('dock', { text: 'meanwhile', user_id: 'mara' }),
      () => other.call('GET', '/messages/there'),
      () => other.call('POST', '/channels', { filter_conditions: { members: { $in: ['mara'] } } }),
      () => users({ filter_conditions: { id: 'mara' } })(other),
      () => other.call('POST', '/channels/messaging/dock/query', { state: true }),
    ];
    const served = { meanwhile: 0 };
    do {
      for (const request of everyday) await within(request(), kDeadlineMs, () => `${request} of the other app`);
      if (open > 0) ++served.meanwhile;
    } while (open > 0);
    await Promise.all(flood);
    assert.ok(served.meanwhile > 0, 'the flood was over before anything was asked');
    assert.equal(ends.get('lists of members, more than a query may have: 400'), kOfEach, JSON.stringify([...ends]));
  });

  test('end with the server', async () => {
    const app = await newApp();
    await fill(app);
    const ask = kKinds['any of many beginnings of words'];
    const flood = repeat(kOfEach, ask).map((each) => each(app).catch((error) => error));
    await server().stop();
    await Promise.all(flood);
    await server().start();
  });
}, { server: { config: 'drain_timeout_ms = 500\n[limits]\nquery_ms = 2000\n' } });

suite('a query with no time', ({ test, newApp }) => {
  test('is ended', async () => {
    const app = await newApp();
    await fill(app);
    // On the fastest machine it takes more than the least that can be set.
    const answer = await kKinds['any of many beginnings of words'](app);
    assert.deepEqual([answer.status, answer.json.code], [408, 23], answer.text.slice(0, 300));
  });
}, { server: { config: '[limits]\nquery_ms = 10\n' } });
