// Users who are deactivated, reactivated, deleted and restored: what they may do then, what hooks hear
// of it, and that nothing else is promised.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('users who go and come back', ({ test, newApp, receiver, path }) => {
  const harbour = async (...types) => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf', 'ines']);
    const hook = path();
    await app.hook(receiver().url(hook), ...types);
    const events = async (count) => (await receiver().waitFor({ path: hook, count })).map((call) => call.json);
    return { app, events };
  };
  const found = async (app, id, more = {}) => {
    const payload = encodeURIComponent(JSON.stringify({ filter_conditions: { id }, ...more }));
    return (await app.call('GET', `/users?payload=${payload}`)).users.length === 1;
  };
  const send = { message: { text: 'x' } };
  const target = '/channels/messaging/dock/message';

  for (const [dialect, prefix] of [['v1', ''], ['v2', '/api/v2']]) {
    test(`deactivated and reactivated (${dialect})`, async () => {
      const { app, events } = await harbour('user.deactivated', 'user.reactivated');
      const { user } = await app.call('POST', `${prefix}/users/olaf/deactivate`, { created_by_id: 'mara', mark_messages_deleted: false });
      assert.equal(user.id, 'olaf');
      assert.ok(user.deactivated_at);
      await app.refuses(403, 17, 'POST', target, send, { as: 'olaf' });
      assert.deepEqual([await found(app, 'olaf'), await found(app, 'olaf', { include_deactivated_users: true })], [false, true]);
      const twice = await app.refuses(400, 4, 'POST', `${prefix}/users/olaf/deactivate`, {});
      assert.match(twice.message, /was deactivated/);

      const back = await app.call('POST', `${prefix}/users/olaf/reactivate`, { name: 'Olaf the second', created_by_id: 'mara' });
      assert.equal(back.user.name, 'Olaf the second');
      assert.equal(back.user.deactivated_at, undefined);
      await app.call('POST', target, send, { as: 'olaf' });
      const again = await app.refuses(400, 4, 'POST', `${prefix}/users/olaf/reactivate`, {});
      assert.match(again.message, /is not deactivated/);

      const [gone, came] = (await events(2)).sort((a, b) => (a.type < b.type ? -1 : 1));
      assert.deepEqual([gone.type, came.type], ['user.deactivated', 'user.reactivated']);
      for (const event of [gone, came]) {
        assert.deepEqual([event.user.id, event.created_by.id, event.created_by_id, event.cid], ['olaf', 'mara', 'mara', undefined]);
        assert.equal(event.request_info.type, 'server');
      }
      assert.ok(gone.user.deactivated_at);
      for (const way of ['deactivate', 'reactivate']) {
        await app.refuses(404, 16, 'POST', `${prefix}/users/nobody/${way}`, {});
        await app.refuses(403, 17, 'POST', `${prefix}/users/olaf/${way}`, {}, { as: 'olaf' });
        await app.refuses(400, 4, 'POST', `${prefix}/users/olaf/${way}`, { created_by_id: 'nobody' });
      }
    });

    test(`many at once: all or none, and a task (${dialect})`, async () => {
      const { app, events } = await harbour('user.deactivated', 'user.reactivated', 'user.deleted');
      const both = { user_ids: ['olaf', 'ines', 'olaf'] };
      for (const way of ['deactivate', 'reactivate', 'delete']) {
        await app.refuses(400, 4, 'POST', `${prefix}/users/${way}`, { user_ids: [] });
        const unknown = await app.request('POST', `${prefix}/users/${way}`, { user_ids: ['ines', 'nobody'] });
        assert.ok(unknown.status === 400 || unknown.status === 404, unknown.text);
        const { task_id: id } = await app.call('POST', `${prefix}/users/${way}`, both);
        const task = await app.call('GET', `${prefix}/tasks/${id}`);
        assert.equal(task.status, 'completed');
        if (way === 'delete') assert.deepEqual(task.result, { ines: { status: 'ok' }, olaf: { status: 'ok' } });
        else assert.deepEqual(task.result.users.map((user) => user.id), ['ines', 'olaf']);
      }
      assert.equal((await events(6)).length, 6);
      await app.drained();
      assert.equal((await app.deliveries()).length, 6);
    });

    test(`deleted and restored (${dialect})`, async () => {
      const { app, events } = await harbour('user.deleted');
      await app.send('dock', { id: 'm', text: 'words', user_id: 'olaf' });
      const { task_id: id } = await app.call('POST', `${prefix}/users/delete`, { user_ids: ['olaf'], user: 'soft', messages: '', conversations: '' });
      assert.equal(id.length, 36);
      const [event] = await events(1);
      assert.deepEqual(
        [event.user.id, event.delete_user, event.hard_delete, event.mark_messages_deleted, event.delete_conversation_channels],
        ['olaf', 'soft', false, false, false],
      );
      assert.ok(event.user.deleted_at);
      assert.equal(await found(app, 'olaf'), false);
      await app.refuses(403, 17, 'POST', target, send, { as: 'olaf' });
      await app.refuses(400, 4, 'POST', target, { message: { text: 'x', user_id: 'olaf' } });
      assert.equal((await app.call('GET', '/messages/m')).message.text, 'words');
      await app.call('POST', `${prefix}/users/restore`, { user_ids: ['olaf'] });
      assert.equal(await found(app, 'olaf'), true);
      await app.call('POST', target, send, { as: 'olaf' });
      const live = await app.refuses(400, 4, 'POST', `${prefix}/users/restore`, { user_ids: ['olaf'] });
      assert.ok(live.message.includes("is not deleted, it can't be restored"), live.message);
    });
  }

  test('one is deleted by the older route', async () => {
    const { app, events } = await harbour('user.deleted');
    const { user } = await app.call('DELETE', '/users/olaf?mark_messages_deleted=false&hard_delete=false');
    assert.ok(user.deleted_at);
    assert.equal((await events(1))[0].user.id, 'olaf');
    await app.refuses(404, 16, 'DELETE', '/users/olaf');
    await app.refuses(501, 4, 'DELETE', '/users/ines?hard_delete=true');
    for (const more of [{ user: 'hard' }, { user: 'pruning' }, { messages: 'soft' }, { conversations: 'hard' }]) {
      const { message } = await app.refuses(501, 4, 'POST', '/users/delete', { user_ids: ['ines'], ...more });
      assert.match(message, new RegExp(Object.keys(more)[0]));
    }
    await app.refuses(400, 4, 'POST', '/users/delete', { user_ids: ['ines'], user: 'maybe' });
    assert.equal(await found(app, 'ines'), true);
  });
}, { concurrency: 4 });
