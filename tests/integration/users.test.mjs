// Users: create, replace, change in part, query (docs/contract/routes.md#users).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { nanoseconds } from '../harness/time.mjs';
import { eventually } from '../harness/wait.mjs';

const query = async (app, payload, more) => {
  const path = `/users?payload=${encodeURIComponent(JSON.stringify(payload))}`;
  return (await app.call('GET', path, undefined, more)).users;
};

suite('users', ({ test, newApp }) => {
  test('are created with defaults and flat custom fields', async () => {
    const app = await newApp();
    const { users } = await app.call('POST', '/users', {
      users: { mara: { id: 'mara', name: 'Mara', role: 'admin', berth: { deck: 2 }, tags: ['a', 'b'] }, olaf: { id: 'olaf' } },
    });
    assert.deepEqual(Object.keys(users).sort(), ['mara', 'olaf']);
    assert.equal(users.mara.role, 'admin');
    assert.equal(users.olaf.role, 'user');
    assert.deepEqual(users.mara.berth, { deck: 2 });
    assert.deepEqual(users.mara.tags, ['a', 'b']);
    assert.equal(users.mara.custom, undefined);
    for (const user of Object.values(users)) {
      nanoseconds(user.created_at);
      nanoseconds(user.updated_at);
      assert.equal(user.banned, false);
      assert.equal(user.online, false);
    }
  });

  test('POST replaces the whole user and keeps when it was created', async () => {
    const app = await newApp();
    const first = (await app.call('POST', '/users', { users: { mara: { id: 'mara', name: 'Mara', berth: 1 } } })).users.mara;
    const second = (await app.call('POST', '/users', { users: { mara: { id: 'mara', deck: 2 } } })).users.mara;
    assert.equal(second.berth, undefined);
    assert.equal(second.deck, 2);
    assert.equal(second.created_at, first.created_at);
    assert.ok(nanoseconds(second.updated_at) > nanoseconds(first.updated_at));
  });

  test('PATCH sets and unsets, with dotted paths', async () => {
    const app = await newApp();
    await app.call('POST', '/users', { users: { mara: { id: 'mara', name: 'Mara', berth: { deck: 2, row: 'c' }, old: 1 } } });
    const { users } = await app.call('PATCH', '/users', {
      users: [{ id: 'mara', set: { 'berth.deck': 3, role: 'admin', fresh: [1] }, unset: ['berth.row', 'old'] }],
    });
    assert.deepEqual(users.mara.berth, { deck: 3 });
    assert.equal(users.mara.role, 'admin');
    assert.deepEqual(users.mara.fresh, [1]);
    assert.equal('old' in users.mara, false);
    assert.equal(users.mara.name, 'Mara');
  });

  test('bad users are refused as a whole', async () => {
    const app = await newApp();
    for (const body of [
      {},
      { users: [] },
      { users: { mara: { name: 'no id' } } },
      { users: { ok: { id: 'ok' }, '': { id: '' } } },
      { users: { mara: { id: 'mara', role: 7 } } },
      { users: { mara: { id: 'mara', teams: 'red' } } },
      { users: { mara: 'mara' } },
    ]) {
      await app.refuses(400, 4, 'POST', '/users', body);
    }
    assert.deepEqual(await query(app, { filter_conditions: {} }), []);
    await app.users('mara');
    await app.refuses(400, 4, 'PATCH', '/users', { users: [{ id: 'mara', set: { id: 'other' } }] });
    await app.refuses(400, 4, 'PATCH', '/users', { users: [{ set: { a: 1 } }] });
    const many = Array.from({ length: 101 }, () => ({ id: 'mara', set: { a: 1 } }));
    await app.refuses(400, 4, 'PATCH', '/users', { users: many });
    const missing = await app.request('PATCH', '/users', { users: [{ id: 'ghost', set: { a: 1 } }] });
    assert.ok([400, 404].includes(missing.status), missing.text);
    assert.match(missing.json.message, /ghost/);
  });

  test('queries: filters, sort, limit, offset', async () => {
    const app = await newApp();
    const users = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`u${i}`, { id: `u${i}`, name: `N${5 - i}`, deck: i % 2, role: i < 2 ? 'admin' : 'user' }]),
    );
    await app.call('POST', '/users', { users });
    const ids = async (payload) => (await query(app, payload)).map((user) => user.id);
    const byId = [{ field: 'id', direction: 1 }];
    assert.deepEqual(await ids({ filter_conditions: { id: 'u3' } }), ['u3']);
    assert.deepEqual(await ids({ filter_conditions: { id: { $in: ['u4', 'u1', 'nope'] } }, sort: byId }), ['u1', 'u4']);
    assert.deepEqual(await ids({ filter_conditions: { deck: 1 }, sort: byId }), ['u1', 'u3', 'u5']);
    assert.deepEqual(await ids({ filter_conditions: { role: { $eq: 'admin' } }, sort: byId }), ['u0', 'u1']);
    assert.deepEqual(await ids({ filter_conditions: { $or: [{ id: 'u0' }, { id: 'u5' }] }, sort: byId }), ['u0', 'u5']);
    assert.deepEqual(await ids({ filter_conditions: { $and: [{ deck: 1 }, { role: 'admin' }] } }), ['u1']);
    assert.deepEqual(await ids({ filter_conditions: {}, sort: [{ field: 'name', direction: 1 }], limit: 2 }), ['u5', 'u4']);
    assert.deepEqual(await ids({ filter_conditions: {}, sort: [{ field: 'id', direction: -1 }], limit: 2, offset: 1 }), ['u4', 'u3']);
    assert.deepEqual(await ids({ filter_conditions: { name: { $autocomplete: 'N1' } } }), ['u4']);
    await app.refuses(400, 4, 'GET', `/users?payload=${encodeURIComponent('{"filter_conditions":{"id":{"$nonsense":1}}}')}`);
    await app.refuses(400, 4, 'GET', `/users?payload=${encodeURIComponent('{bad json')}`);
    await app.refuses(400, 4, 'GET', `/users?payload=${encodeURIComponent('{"filter_conditions":{},"limit":101}')}`);
  });

  test('apps do not see each other', async () => {
    const [one, two] = [await newApp(), await newApp()];
    await one.users('mara');
    assert.deepEqual(await query(two, { filter_conditions: {} }), []);
  });
});
