// Parameters of the query that say yes or no: in any case (Python and .NET write True), and nothing but
// yes or no, because what is taken for a "no" may do something worse.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

const kYes = ['true', 'True', 'TRUE', '1'];
// The Go client writes down parameters that it does not use.
const kNo = ['false', 'False', 'FALSE', '0', ''];
const kNeither = ['yes', 'no', '2', 'truee', 'null', 'on', '%20true', 'wahr'];

suite('flags of the query', ({ test, newApp }) => {
  const room = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    return app;
  };
  const refusesOthers = async (app, method, path, name, more) => {
    for (const value of kNeither) {
      const { message } = await app.refuses(400, 4, method, `${path}${path.includes('?') ? '&' : '?'}${name}=${value}`, undefined, more);
      assert.ok(message.includes(name), message);
    }
  };

  test('delete_for_me and hard', async () => {
    const app = await room();
    const text = async (id, as) => (await app.call('GET', `/messages/${id}`, undefined, { as })).message.text;
    for (const [i, yes] of kYes.entries()) {
      await app.send('dock', { id: `me-${i}`, text: 'words', user_id: 'mara' });
      await app.call('DELETE', `/messages/me-${i}?delete_for_me=${yes}`, undefined, { as: 'mara' });
      assert.deepEqual([await text(`me-${i}`, 'mara'), await text(`me-${i}`, 'olaf')], ['', 'words']);
      await app.call('DELETE', `/messages/me-${i}?hard=${yes}`);
      await app.refuses(404, 16, 'GET', `/messages/me-${i}`);
    }
    for (const [i, no] of kNo.entries()) {
      await app.send('dock', { id: `all-${i}`, text: 'words', user_id: 'mara' });
      await app.call('DELETE', `/messages/all-${i}?delete_for_me=${no}&hard=${no}`, undefined, { as: 'mara' });
      assert.equal((await app.call('GET', `/messages/all-${i}`, undefined, { as: 'olaf' })).message.type, 'deleted');
    }
    await app.send('dock', { id: 'kept', text: 'words', user_id: 'mara' });
    await refusesOthers(app, 'DELETE', '/messages/kept', 'delete_for_me', { as: 'mara' });
    await refusesOthers(app, 'DELETE', '/messages/kept', 'hard');
    await refusesOthers(app, 'GET', '/messages/kept', 'show_deleted_message');
    assert.equal(await text('kept', 'olaf'), 'words');
  });

  test('state, watch and presence of a channel; hard_delete', async () => {
    const app = await room();
    await app.send('dock', { text: 'words', user_id: 'mara' });
    const count = async (query) => (await app.call('GET', `/channels/messaging/dock?${query}`)).messages.length;
    for (const yes of kYes) assert.equal(await count(`state=${yes}`), 1);
    for (const no of kNo) assert.equal(await count(`state=${no}`), no === '' ? 1 : 0);
    for (const name of ['state', 'watch', 'presence']) await refusesOthers(app, 'GET', '/channels/messaging/dock', name);
    await refusesOthers(app, 'DELETE', '/channels/messaging/dock', 'hard_delete');
    assert.equal(await count('state=true'), 1);
    for (const flag of [...kYes, ...kNo]) {
      await app.channel('quay', ['mara']);
      await app.call('DELETE', `/channels/messaging/quay?hard_delete=${flag}`);
    }
  });

  test('shadow, of a ban that is lifted', async () => {
    const app = await room();
    const user = async () => {
      const payload = encodeURIComponent(JSON.stringify({ filter_conditions: { id: 'olaf' } }));
      const [{ banned, shadow_banned: shadow }] = (await app.call('GET', `/users?payload=${payload}`)).users;
      return [banned, shadow];
    };
    const ban = (more) => app.call('POST', '/moderation/ban', { target_user_id: 'olaf', banned_by_id: 'mara', ...more });
    const unban = (query) => app.call('DELETE', `/moderation/ban?target_user_id=olaf&created_by=mara${query}`);
    await ban();
    for (const yes of kYes) {
      await ban({ shadow: true });
      assert.deepEqual(await user(), [true, true]);
      await unban(`&shadow=${yes}`);
      assert.deepEqual(await user(), [true, false]);
    }
    await ban({ shadow: true });
    for (const no of kNo.filter((value) => value !== '').map((value) => `&shadow=${value}`)) {
      await ban();
      await unban(no);
      assert.deepEqual(await user(), [false, true]);
    }
    await refusesOthers(app, 'DELETE', '/moderation/ban?target_user_id=olaf', 'shadow');
    assert.deepEqual(await user(), [false, true]);
    // Who does not say which lifts both.
    for (const [method, path] of [['DELETE', '/moderation/ban'], ['DELETE', '/moderation/ban?shadow='], ['POST', '/api/v2/moderation/unban']]) {
      await ban();
      await ban({ shadow: true });
      await app.call(method, `${path}${path.includes('?') ? '&' : '?'}target_user_id=olaf`, method === 'POST' ? { unbanned_by_id: 'mara' } : undefined);
      assert.deepEqual(await user(), [false, false]);
    }
    const { message } = await app.refuses(501, 4, 'DELETE', '/moderation/ban?target_user_id=olaf&remove_future_channels_ban=True');
    assert.ok(message.includes('remove_future_channels_ban'), message);
  });
});
