// Which hook gets what, undisturbed by others (docs/contract/rulings.md#3, #4, #8, #18, #26).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const types = (calls) => calls.map((call) => call.json.type).sort();

suite('routing', ({ test, newApp, receiver, path }) => {
  test('a hook gets the types that it names, a hook without names gets all', async () => {
    const app = await newApp();
    const [some, all, none] = [path(), path(), path()];
    await app.hooks(
      { webhook_url: receiver().url(some), event_types: ['message.new', 'reaction.new'] },
      { webhook_url: receiver().url(all), event_types: [] },
      { webhook_url: receiver().url(none), event_types: ['channel.deleted'] },
    );
    await app.channel('route', ['mara']);
    await app.send('route', { id: 'm', text: 'x', user_id: 'mara' });
    await app.call('POST', '/messages/m/reaction', { reaction: { type: 'like', user_id: 'mara' } });
    await app.drained();
    assert.deepEqual(types(receiver().callsTo(some)), ['message.new', 'reaction.new']);
    assert.deepEqual(types(receiver().callsTo(all)), ['channel.created', 'message.new', 'reaction.new', 'user.updated']);
    assert.deepEqual(receiver().callsTo(none), []);
  });

  test('event_types may be absent', async () => {
    const app = await newApp();
    const hook = path();
    await app.hooks({ webhook_url: receiver().url(hook) });
    await app.users('mara');
    await receiver().waitForOne({ path: hook, type: 'user.updated' });
  });

  test('each delivery has an id of its own, per event and per hook', async () => {
    const app = await newApp();
    const [one, two] = [path(), path()];
    await app.hooks({ webhook_url: receiver().url(one) }, { webhook_url: receiver().url(two) });
    await app.users('mara');
    await app.users('olaf');
    await app.drained();
    const calls = [...receiver().callsTo(one), ...receiver().callsTo(two)];
    assert.equal(calls.length, 4);
    assert.equal(new Set(calls.map((call) => call.id)).size, 4);
    for (const call of calls) app.assertSigned(call);
    const [mine, yours] = [one, two].map((hook) => receiver().callsTo(hook).find((call) => call.json.user.id === 'mara'));
    assert.ok(mine.raw.equals(yours.raw));
  });

  test('a disabled hook gets nothing', async () => {
    const app = await newApp();
    const hook = path();
    await app.hooks({ webhook_url: receiver().url(hook), enabled: false });
    await app.users('mara');
    await app.drained();
    assert.deepEqual(receiver().callsTo(hook), []);
  });

  test('products other than chat get no chat events', async () => {
    const app = await newApp();
    const [chat, all, video] = [path(), path(), path()];
    await app.hooks(
      { webhook_url: receiver().url(chat), product: 'chat', event_types: ['message.new'] },
      { webhook_url: receiver().url(all), product: 'all', event_types: ['message.new'] },
      { webhook_url: receiver().url(video), product: 'video', event_types: ['message.new'] },
    );
    await app.channel('product', ['mara']);
    await app.send('product', { text: 'x', user_id: 'mara' });
    await app.drained();
    assert.equal(receiver().callsTo(chat).length, 1);
    assert.equal(receiver().callsTo(all).length, 1);
    assert.equal(receiver().callsTo(video).length, 0);
  });

  test('custom events: by exact name, or all unless switched off', async () => {
    const app = await newApp();
    const hooks = {
      named: { event_types: ['crane_moved'] },
      namedThoughOff: { event_types: ['crane_moved'], should_send_custom_events: false },
      all: { event_types: [] },
      allOn: { event_types: [], should_send_custom_events: true },
      allOff: { event_types: [], should_send_custom_events: false },
      otherOn: { event_types: ['message.new'], should_send_custom_events: true },
      other: { event_types: ['message.new'] },
    };
    const paths = Object.fromEntries(Object.keys(hooks).map((name) => [name, path()]));
    await app.channel('custom', ['mara']);
    await app.hooks(...Object.entries(hooks).map(([name, hook]) => ({ webhook_url: receiver().url(paths[name]), ...hook })));
    await app.call('POST', '/channels/messaging/custom/event', { event: { type: 'crane_moved', user_id: 'mara', berth: 'B3' } });
    await app.drained();
    const got = Object.keys(hooks).filter((name) => types(receiver().callsTo(paths[name])).includes('crane_moved'));
    assert.deepEqual(got, ['named', 'namedThoughOff', 'all', 'allOn']);
  });

  test('URLs with placeholders are filled in, encoded', async () => {
    const app = await newApp();
    await app.channel('dock-4', ['mara']);
    const url = receiver().url('/t/{channel_type}/{channel_id}/{user_id}?type={type}&cid={cid}&p={product}&app={app_id}');
    await app.hook(url, 'message.new', 'user.updated');
    await app.send('dock-4', { text: 'x', user_id: 'mara' });
    const message = await receiver().waitForOne({ match: (call) => call.path.startsWith('/t/messaging/dock-4/mara?') });
    const query = new URL(message.path, receiver().origin).searchParams;
    assert.equal(query.get('type'), 'message.new');
    assert.equal(query.get('cid'), 'messaging:dock-4');
    assert.equal(query.get('p'), 'chat');
    assert.equal(query.get('app'), String((await app.call('GET', '/app')).app.id));
    assert.match(message.path, /cid=messaging%3Adock-4/);
    await app.call('POST', '/users', { users: { ghost: { id: 'ghost' } } });
    const user = await receiver().waitForOne({ match: (call) => call.path.startsWith('/t///ghost?type=user.updated') });
    assert.equal(new URL(user.path, receiver().origin).searchParams.get('cid'), '');
  });

  test('credentials in a URL become basic authentication', async () => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().url(hook).replace('http://', 'http://dock:p%40ss@'), 'user.updated');
    await app.users('mara');
    const call = await receiver().waitForOne({ path: hook });
    assert.equal(call.headers.authorization, `Basic ${Buffer.from('dock:p@ss').toString('base64')}`);
    app.assertSigned(call);
    assert.ok(!app.server.log.includes('p%40ss') && !app.server.log.includes('p@ss'), 'the password was logged');
  });
}, { concurrency: 4 });

suite('isolation', ({ test, newApp, receiver, path }) => {
  test('a hook that fails does not make another one receive twice', async () => {
    const app = await newApp();
    const [good, bad] = [path(), path()];
    receiver().script(bad, { status: 500 }, { status: 500 }, { status: 200 });
    await app.hooks({ webhook_url: receiver().url(good) }, { webhook_url: receiver().url(bad) });
    await app.users('mara');
    await receiver().waitFor({ path: bad, count: 3 });
    await app.drained();
    assert.equal(receiver().callsTo(good).length, 1);
    assert.equal(receiver().callsTo(bad).length, 3);
  });

  test('a hook that hangs does not delay another, in its app or elsewhere', async () => {
    const [app, other] = [await newApp(), await newApp()];
    const [good, hung, elsewhere] = [path(), path(), path()];
    receiver().script(hung, { hang: true });
    await app.hooks({ webhook_url: receiver().url(hung) }, { webhook_url: receiver().url(good) });
    await other.hooks({ webhook_url: receiver().url(elsewhere) });
    await app.users(...Array.from({ length: 50 }, (_, i) => `u${i}`));
    const [stuck] = await receiver().waitFor({ path: hung });
    await other.users('mara');
    const calls = [
      ...(await receiver().waitFor({ path: good, count: 50 })),
      ...(await receiver().waitFor({ path: elsewhere })),
    ];
    // All of them came before the first hung call was given up: none waited for it.
    const ended = stuck.over ? stuck.answeredAt : Infinity;
    assert.ok(calls.every((call) => call.startedAt < ended), 'some calls came after the hung one had ended');
    await app.hooks();
  });

  test('attempts of one delivery never overlap', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { status: 500, delayMs: 1500 }, { status: 500, delayMs: 1500 }, { status: 200 });
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const calls = await receiver().waitFor({ path: hook, count: 3 });
    for (let i = 1; i < calls.length; ++i) assert.ok(calls[i].startedAt >= calls[i - 1].answeredAt);
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, 3);
  });

  test('many deliveries to one slow host share few connections', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { status: 200, delayMs: 30 });
    await app.hook(receiver().url(hook), 'user.updated');
    const before = receiver().connections;
    const users = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, { id: `m${i}` }]));
    for (let i = 0; i < 3; ++i) await app.call('POST', '/users', { users });
    await receiver().waitFor({ path: hook, count: 300 });
    const opened = receiver().connections - before;
    assert.ok(opened <= 64, `${opened} connections for 300 deliveries`);
  });
});

suite('changed hooks', ({ test, newApp, receiver, path }) => {
  test('a delivery that waits for its retry goes to the new URL', async () => {
    const app = await newApp();
    const [old, fresh] = [path(), path()];
    receiver().script(old, { status: 503, headers: { 'retry-after': '5' } });
    const [hook] = await app.hook(receiver().url(old), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: old });
    await app.hooks({ ...hook, webhook_url: receiver().url(fresh) });
    const next = await receiver().waitForOne({ path: fresh });
    assert.equal(next.id, first.id);
    await app.drained();
    // Were the change slower than the wait, the second attempt would have gone to the old URL still.
    assert.equal(next.attempt, receiver().callsTo(old).length + 1);
    assert.equal(receiver().callsTo(fresh).length, 1);
  });

  for (const [name, change] of [
    ['deleted', (app) => app.hooks()],
    ['disabled', (app, hook) => app.hooks({ ...hook, enabled: false })],
  ]) {
    test(`a delivery that waits for its retry is cancelled when its hook is ${name}`, async () => {
      const app = await newApp();
      const target = path();
      receiver().script(target, { status: 503, headers: { 'retry-after': '5' } });
      const [hook] = await app.hook(receiver().url(target), 'user.updated');
      await app.users('mara');
      const call = await receiver().waitForOne({ path: target });
      await change(app, hook);
      const made = receiver().callsTo(target).length;
      const delivery = await app.deliveryIn(call.id, 'cancelled');
      assert.match(delivery.reason, new RegExp(name));
      await app.drained();
      assert.equal(receiver().callsTo(target).length, made);
    });
  }

  test('an edited hook keeps working for new events', async () => {
    const app = await newApp();
    const [old, fresh] = [path(), path()];
    const [hook] = await app.hook(receiver().url(old), 'user.updated');
    await app.users('mara');
    await receiver().waitForOne({ path: old });
    await app.drained();
    await app.hooks({ ...hook, webhook_url: receiver().url(fresh), event_types: ['channel.created'] });
    await app.channel('edited', ['mara']);
    await receiver().waitForOne({ path: fresh, type: 'channel.created' });
    await app.drained();
    assert.equal(receiver().callsTo(old).length, 1);
    assert.equal(receiver().callsTo(fresh).length, 1);
  });

  test('a hook that is enabled again gets what comes, not what came', async () => {
    const app = await newApp();
    const target = path();
    const [hook] = await app.hooks({ webhook_url: receiver().url(target), enabled: false });
    await app.users('missed');
    await app.hooks({ ...hook, enabled: true });
    await app.users('seen');
    await receiver().waitForOne({ path: target });
    await app.drained();
    assert.deepEqual(receiver().callsTo(target).map((call) => call.json.user.id), ['seen']);
  });
}, { concurrency: 4 });

suite('redelivery by hand', ({ test, newApp, receiver, path }) => {
  const redeliver = async (app, id, body) => {
    const answer = await app.server.admin('POST', `/deliveries/${id}/redeliver`, body);
    assert.equal(answer.status, 201, answer.text);
  };

  test('a dead letter is sent again: the same id and bytes, the next attempt', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { status: 404 }, { status: 200 });
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: hook });
    await app.deliveryIn(first.id, 'dead');
    await redeliver(app, first.id);
    const [, second] = await receiver().waitFor({ path: hook, count: 2 });
    app.assertSigned(second);
    assert.equal(second.id, first.id);
    assert.equal(second.attempt, 2);
    assert.ok(second.raw.equals(first.raw));
    const delivery = await app.deliveryIn(first.id, 'delivered');
    assert.equal(delivery.attempts, 2);
    assert.equal(delivery.manual, true);
  });

  test('what was delivered can be sent again', async () => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: hook });
    await app.deliveryIn(first.id, 'delivered');
    await redeliver(app, first.id);
    const [, second] = await receiver().waitFor({ path: hook, count: 2 });
    assert.equal(second.id, first.id);
    assert.equal(second.attempt, 2);
  });

  test('what a deleted hook left is sent to another one', async () => {
    const app = await newApp();
    const [gone, heir] = [path(), path()];
    receiver().script(gone, { status: 503, headers: { 'retry-after': '5' } });
    await app.hook(receiver().url(gone), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: gone });
    const [hook] = await app.hook(receiver().url(heir), 'user.updated');
    await app.deliveryIn(first.id, 'cancelled');
    await redeliver(app, first.id, { hook_id: hook.id });
    const second = await receiver().waitForOne({ path: heir });
    assert.equal(second.id, first.id);
    assert.ok(second.raw.equals(first.raw));
  });

  test('is refused for what is pending, and for hooks that are not there', async () => {
    const app = await newApp();
    const hook = path();
    let answered;
    const until = new Promise((resolve) => (answered = resolve));
    receiver().script(hook, { until });
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const { id } = await receiver().waitForOne({ path: hook });
    assert.equal((await app.server.admin('POST', `/deliveries/${id}/redeliver`)).status, 400);
    answered();
    await app.drained();
    const made = receiver().callsTo(hook).length;
    assert.equal((await app.server.admin('POST', `/deliveries/${id}/redeliver`, { hook_id: 'nope' })).status, 400);
    await app.drained();
    assert.equal(receiver().callsTo(hook).length, made);
  });
}, { concurrency: 4 });

suite('compression', ({ test, newApp, receiver, path }) => {
  test('is off by default', async () => {
    const app = await newApp();
    const hook = path();
    await app.channel('plain', ['mara']);
    await app.hook(receiver().url(hook), 'message.new');
    await app.send('plain', { text: 'x'.repeat(2000), user_id: 'mara' });
    const call = await receiver().waitForOne({ path: hook });
    assert.equal(call.headers['content-encoding'], undefined);
    assert.ok(call.raw.equals(call.plain));
  });

  test('gzips large bodies, leaves small ones, signs the plain bytes', async () => {
    const app = await newApp();
    const hook = path();
    await app.channel('zip', ['mara']);
    await app.call('PATCH', '/app', { enable_hook_payload_compression: true });
    await app.hook(receiver().url(hook), 'message.new', 'tiny');
    await app.send('zip', { text: 'x'.repeat(2000), user_id: 'mara' });
    const call = await receiver().waitForOne({ path: hook });
    assert.equal(call.headers['content-encoding'], 'gzip');
    assert.deepEqual([...call.raw.subarray(0, 2)], [0x1f, 0x8b]);
    assert.ok(call.raw.length < call.plain.length);
    app.assertSigned(call);
    assert.equal(app.client().verifyAndParseWebhook(call.raw, call.headers['x-signature']).type, 'message.new');
  });
});

suite('restarts', ({ test, newApp, server, receiver, path }) => {
  test('a clean stop hands back what waits, and the next start delivers it', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { status: 503, headers: { 'retry-after': '4' } }, { status: 200 });
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: hook });
    await server().stop();
    await server().start();
    const [, second] = await receiver().waitFor({ path: hook, count: 2 });
    assert.equal(second.id, first.id);
    assert.equal(second.attempt, 2); // The stop recorded how the first one ended.
    assert.ok(second.raw.equals(first.raw));
    await app.drained();
  });

  test('an attempt cut by SIGKILL is made again with the same number', async () => {
    const app = await newApp();
    const hook = path();
    receiver().script(hook, { hang: true }, { status: 200 });
    await app.hook(receiver().url(hook), 'user.updated');
    await app.users('mara');
    const first = await receiver().waitForOne({ path: hook });
    await server().kill();
    await server().start();
    const [, second] = await receiver().waitFor({ path: hook, count: 2 });
    assert.equal(second.id, first.id);
    assert.equal(second.attempt, 1);
    const delivery = await app.deliveryIn(first.id, 'delivered');
    assert.equal(delivery.attempts, 1);
  });

  test('settings and chat survive', async () => {
    const app = await newApp();
    await app.channel('kept', ['mara', 'olaf'], { berth: 4 });
    await app.send('kept', { id: 'kept-1', text: 'x', user_id: 'mara' });
    await app.hooks({ webhook_url: 'http://hooks.example/kept', event_types: ['channel.deleted'] });
    const before = await app.call('GET', '/app');
    for (const end of ['stop', 'kill']) {
      await server()[end]();
      await server().start();
      const after = await app.call('GET', '/app');
      assert.deepEqual(after.app, before.app);
      const state = await app.call('POST', '/channels/messaging/kept/query', { state: true });
      assert.deepEqual(state.messages.map((message) => message.id), ['kept-1']);
      assert.equal(state.channel.berth, 4);
      assert.equal(state.members.length, 2);
    }
    const { apps } = (await server().admin('GET', '/apps')).json;
    assert.equal(apps.filter((entry) => entry.keys.some((key) => key.key === server().app.key)).length, 1);
  });
});
