// Mutes, bans, flags, their events (docs/contract/routes.md#moderation); /giphy's picture.
import assert from 'node:assert/strict';
import { exchange } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';

suite('moderation', ({ test, newApp, receiver, path, server }) => {
  /** mara (the creator), olaf and ines share messaging:dock; a hook hears of `types`. */
  const harbour = async (...types) => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf', 'ines']);
    const hook = path();
    await app.hook(receiver().url(hook), ...types);
    const events = async (type, count = 1) => {
      const calls = await receiver().waitFor({ path: hook, type, count });
      await app.drained();
      assert.equal(receiver().callsTo(hook).filter((call) => call.json.type === type).length, count);
      return count === 1 ? calls[0].json : calls.map((call) => call.json);
    };
    return { app, events };
  };
  const say = (app, as) => app.request('POST', '/channels/messaging/dock/message', { message: { text: 'x' } }, { as });

  test('mute and unmute users', async () => {
    const { app, events } = await harbour('user.muted', 'user.unmuted');
    const muted = await app.call('POST', '/moderation/mute', { target_id: 'olaf', user_id: 'mara', timeout: 10 });
    assert.equal(muted.mute.user.id, 'mara');
    assert.equal(muted.mute.target.id, 'olaf');
    assert.equal(Date.parse(muted.mute.expires) - Date.parse(muted.mute.created_at), 600_000);
    assert.deepEqual(muted.own_user.mutes.map((mute) => mute.target.id), ['olaf']);
    const event = await events('user.muted');
    assert.equal(event.user.id, 'mara');
    assert.equal(event.target_user.id, 'olaf');
    assert.equal(event.cid, undefined);
    await app.call('POST', '/moderation/unmute', { target_id: 'olaf', user_id: 'mara' });
    assert.equal((await events('user.unmuted')).target_user.id, 'olaf');
    const { users } = await app.call('POST', '/users', { users: { mara: { id: 'mara' } } });
    assert.deepEqual(users.mara.mutes, []);
    const several = await app.call('POST', '/moderation/mute', { target_ids: ['olaf', 'ines', 'nobody'], user_id: 'mara' });
    assert.equal(several.mutes.length, 2);
    assert.deepEqual(several.non_existing_users, ['nobody']);
    await app.refuses(400, 4, 'POST', '/moderation/mute', { target_id: 'olaf' });
    await app.refuses(403, 17, 'POST', '/moderation/mute', { target_id: 'olaf', user_id: 'mara' }, { as: 'ines' });
  });

  test('ban from a channel', async () => {
    const { app, events } = await harbour('user.banned', 'user.unbanned', 'member.updated');
    await app.call('POST', '/moderation/ban', {
      target_user_id: 'olaf', banned_by_id: 'mara', type: 'messaging', id: 'dock', reason: 'ads', timeout: 60,
    });
    const event = await events('user.banned');
    assert.equal(event.cid, 'messaging:dock');
    assert.equal(event.channel_id, 'dock');
    assert.equal(event.user.id, 'olaf');
    assert.equal(event.created_by.id, 'mara');
    assert.deepEqual([event.reason, event.shadow, event.total_bans], ['ads', false, 1]);
    assert.equal(Date.parse(event.expiration) - Date.parse(event.created_at), 3_600_000);
    assert.equal((await events('member.updated')).member.banned, true);
    const refused = await say(app, 'olaf');
    assert.deepEqual([refused.status, refused.json.code], [403, 17]);
    assert.equal((await say(app, 'ines')).status, 201);
    const { members } = await app.call('POST', '/channels/messaging/dock/query', { state: true });
    assert.equal(members.find((member) => member.user_id === 'olaf').banned, true);
    await app.call('DELETE', '/moderation/ban?target_user_id=olaf&type=messaging&id=dock&created_by=mara');
    assert.equal((await events('user.unbanned')).created_by.id, 'mara');
    assert.equal((await say(app, 'olaf')).status, 201);
  });

  test('ban from the app', async () => {
    const { app, events } = await harbour('user.banned');
    await app.call('POST', '/moderation/ban', { target_user_id: 'olaf', user_id: 'mara' });
    const event = await events('user.banned');
    assert.equal(event.user.banned, true);
    assert.equal(event.cid, undefined);
    assert.equal((await say(app, 'olaf')).status, 403);
    const payload = encodeURIComponent(JSON.stringify({ filter_conditions: { banned: true } }));
    assert.deepEqual((await app.call('GET', `/users?payload=${payload}`)).users.map((user) => user.id), ['olaf']);
    await app.refuses(403, 17, 'POST', '/moderation/ban', { target_user_id: 'ines' }, { as: 'mara' });
    await app.refuses(400, 4, 'POST', '/moderation/ban', { target_user_id: 'ines' });
    await app.call('POST', '/api/v2/moderation/unban?target_user_id=olaf', { unbanned_by_id: 'mara' });
    assert.equal((await say(app, 'olaf')).status, 201);
  });

  test('a flag has one of the allowed reasons', async () => {
    const { app } = await harbour();
    await app.call('PATCH', '/app', { allowed_flag_reasons: ['spam', 'hate'] });
    await app.send('dock', { id: 'rude', text: 'x', user_id: 'olaf' });
    const flag = (reason) => ({ target_message_id: 'rude', user_id: 'mara', reason });
    const { message } = await app.refuses(400, 4, 'POST', '/moderation/flag', flag('boring'));
    assert.match(message, /reason must be one of \[spam hate\]/);
    await app.call('POST', '/moderation/flag', flag('hate'));
    await app.call('PATCH', '/app', { allowed_flag_reasons: [] });
    await app.call('POST', '/moderation/flag', flag('boring'));
  });

  test('flag and unflag', async () => {
    const { app, events } = await harbour('message.flagged', 'message.unflagged', 'user.flagged');
    await app.send('dock', { id: 'rude', text: 'rude', user_id: 'olaf' });
    const { flag, review_queue_item_id: item } = await app.call('POST', '/moderation/flag', {
      target_message_id: 'rude', user_id: 'mara', reason: 'insult', custom: { level: 3 },
    });
    assert.match(item, /^[0-9a-f-]{36}$/);
    assert.deepEqual([flag.target_message_id, flag.user.id, flag.target_user.id, flag.custom.level], ['rude', 'mara', 'olaf', 3]);
    const event = await events('message.flagged');
    assert.equal(event.message.id, 'rude');
    assert.equal(event.user.id, 'mara');
    assert.equal(event.total_flags, 1);
    assert.equal(event.channel_id, 'dock');
    await app.call('POST', '/moderation/unflag', { target_message_id: 'rude', user_id: 'mara' });
    assert.equal((await events('message.unflagged')).total_flags, 0);
    const v2 = await app.call('POST', '/api/v2/moderation/flag', { entity_type: 'stream:user', entity_id: 'olaf', user_id: 'mara', reason: 'spam' });
    assert.match(v2.item_id, /^[0-9a-f-]{36}$/);
    assert.equal((await events('user.flagged')).target_user.id, 'olaf');
    await app.refuses(404, 16, 'POST', '/moderation/flag', { target_message_id: 'nonesuch', user_id: 'mara' });
  });

  test('work through the official SDK', async () => {
    const { app } = await harbour('user.banned');
    const client = app.client();
    await client.muteUser('olaf', 'mara');
    await client.unmuteUser('olaf', 'mara');
    await client.banUser('olaf', { banned_by_id: 'mara', reason: 'spam', timeout: 30 });
    await client.unbanUser('olaf');
    const channel = client.channel('messaging', 'dock');
    await channel.banUser('olaf', { banned_by_id: 'mara' });
    assert.equal((await say(app, 'olaf')).status, 403);
    await channel.unbanUser('olaf');
    await client.flagUser('olaf', { user_id: 'mara' });
    await client.unflagUser('olaf', { user_id: 'mara' });
  });

  test('the picture of /giphy is for everybody, and harmless', async () => {
    const get = (target) => exchange({ origin: server().origin, method: 'GET', path: target });
    const picture = await get('/giphy/abc123.svg?text=%3Cscript%3E');
    assert.equal(picture.status, 200);
    assert.equal(picture.headers['content-type'], 'image/svg+xml');
    assert.match(picture.headers['content-security-policy'], /default-src 'none'/);
    assert.ok(picture.text.startsWith('<svg '));
    assert.ok(picture.text.includes('&lt;script&gt;'));
    assert.equal((await get('/giphy/abc123.svg?text=%3Cscript%3E')).text, picture.text);
    assert.equal((await get('/giphy/abc123.svg?text=%ff%fe')).status, 200);
    for (const target of ['/giphy/', '/giphy/x', '/giphy/..svg', '/giphy/A.svg', `/giphy/${'a'.repeat(33)}.svg`]) {
      assert.equal((await get(target)).status, 404, target);
    }
  });
});
