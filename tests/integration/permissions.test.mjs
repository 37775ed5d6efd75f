// What a user's token may do: act as oneself, where one belongs (docs/contract/rulings.md#33).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('user tokens', ({ test, newApp }) => {
  /** mara and olaf share a channel; ines is in none. */
  const harbour = async () => {
    const app = await newApp();
    await app.users('ines');
    await app.channel('dock', ['mara', 'olaf']);
    await app.send('dock', { id: 'by-mara', text: 'mine', user_id: 'mara' });
    return app;
  };
  const forbidden = (app, as, method, path, body) => app.refuses(403, 17, method, path, body, { as });

  test('write, read, change and delete their own', async () => {
    const app = await harbour();
    const as = { as: 'mara' };
    const { message } = await app.call('POST', '/channels/messaging/dock/message', { message: { id: 'u1', text: 'x' } }, as);
    assert.equal(message.user.id, 'mara');
    assert.equal((await app.call('GET', '/messages/u1', undefined, as)).message.text, 'x');
    await app.call('POST', '/messages/u1', { message: { id: 'u1', text: 'y' } }, as);
    await app.call('PUT', '/messages/u1', { set: { text: 'z' } }, as);
    await app.call('POST', '/messages/by-mara/reaction', { reaction: { type: 'like' } }, as);
    await app.call('DELETE', '/messages/by-mara/reaction/like', undefined, as);
    await app.call('POST', '/channels/messaging/dock/read', {}, as);
    await app.call('DELETE', '/messages/u1', undefined, as);
  });

  test('create channels that they belong to', async () => {
    const app = await harbour();
    const { channel } = await app.call('POST', '/channels/messaging/fresh/query', { data: { members: ['ines', 'olaf'] } }, { as: 'ines' });
    assert.equal(channel.created_by.id, 'ines');
  });

  test('do not act as somebody else', async () => {
    const app = await harbour();
    await forbidden(app, 'mara', 'POST', '/channels/messaging/dock/message', { message: { text: 'x', user_id: 'olaf' } });
    await forbidden(app, 'mara', 'POST', '/channels/messaging/dock/message', { message: { text: 'x', user: { id: 'olaf' } } });
    await forbidden(app, 'mara', 'POST', '/channels/messaging/dock/read', { user_id: 'olaf' });
    await forbidden(app, 'mara', 'POST', '/messages/by-mara/reaction', { reaction: { type: 'like', user_id: 'olaf' } });
    await forbidden(app, 'mara', 'POST', '/channels/messaging/dock/event', { event: { type: 'wave', user_id: 'olaf' } });
    assert.equal((await app.call('POST', '/channels/messaging/dock/query', { state: true })).messages.length, 1);
  });

  test('stay out of channels where they are no member', async () => {
    const app = await harbour();
    await forbidden(app, 'ines', 'POST', '/channels/messaging/dock/query', { state: true });
    await forbidden(app, 'ines', 'POST', '/channels/messaging/dock/message', { message: { text: 'x' } });
    await app.refuses(404, 16, 'GET', '/messages/by-mara', undefined, { as: 'ines' });
    await forbidden(app, 'ines', 'GET', '/channels/messaging/dock/messages?ids=by-mara');
    await app.refuses(404, 16, 'GET', '/messages/by-mara/replies', undefined, { as: 'ines' });
    await app.refuses(404, 16, 'GET', '/messages/by-mara/reactions', undefined, { as: 'ines' });
    await app.refuses(404, 16, 'POST', '/messages/by-mara/reaction', { reaction: { type: 'like' } }, { as: 'ines' });
    await forbidden(app, 'ines', 'POST', '/channels/messaging/dock/read', {});
    await forbidden(app, 'ines', 'POST', '/channels/messaging/dock/event', { event: { type: 'wave' } });
    await forbidden(app, 'ines', 'POST', '/channels/messaging/dock', { add_members: ['ines'] });
    await forbidden(app, 'ines', 'PATCH', '/channels/messaging/dock', { set: { name: 'taken' } });
    await forbidden(app, 'ines', 'DELETE', '/channels/messaging/dock');
    const { channels } = await app.call('POST', '/channels', { filter_conditions: {}, state: true }, { as: 'ines' });
    assert.deepEqual(channels, []);
  });

  test('are let into a livestream', async () => {
    const app = await harbour();
    await app.channel('show', ['mara'], {}, 'livestream');
    await app.call('POST', '/channels/livestream/show/query', { state: true }, { as: 'ines' });
    const { message } = await app.call('POST', '/channels/livestream/show/message', { message: { text: 'hi' } }, { as: 'ines' });
    assert.equal(message.user.id, 'ines');
  });

  test("leave others' messages and reactions alone", async () => {
    const app = await harbour();
    await forbidden(app, 'olaf', 'POST', '/messages/by-mara', { message: { id: 'by-mara', text: 'changed' } });
    await forbidden(app, 'olaf', 'PUT', '/messages/by-mara', { set: { text: 'changed' } });
    await forbidden(app, 'olaf', 'DELETE', '/messages/by-mara');
    await app.call('POST', '/messages/by-mara/reaction', { reaction: { type: 'like', user_id: 'mara' } });
    await forbidden(app, 'olaf', 'DELETE', '/messages/by-mara/reaction/like?user_id=mara');
    const { message } = await app.call('GET', '/messages/by-mara');
    assert.equal(message.text, 'mine');
    assert.deepEqual(message.reaction_counts, { like: 1 });
  });

  test('do not administer', async () => {
    const app = await harbour();
    await forbidden(app, 'mara', 'PATCH', '/app', { reminders_interval: 90 });
    await forbidden(app, 'mara', 'POST', '/users', { users: { olaf: { id: 'olaf', name: 'changed' } } });
    await forbidden(app, 'mara', 'PATCH', '/users', { users: [{ id: 'olaf', set: { name: 'changed' } }] });
    await forbidden(app, 'mara', 'POST', '/users/olaf/event', { event: { type: 'x' } });
    await forbidden(app, 'mara', 'POST', '/check_push', { webhook_url: 'http://127.0.0.1:1/' });
    await forbidden(app, 'mara', 'POST', '/channels/delete', { cids: ['messaging:dock'] });
  });

  test('do not change commands and channel types', async () => {
    const app = await harbour();
    await forbidden(app, 'mara', 'POST', '/commands', { name: 'c', description: 'd' });
    await forbidden(app, 'mara', 'DELETE', '/commands/c');
    await forbidden(app, 'mara', 'POST', '/channeltypes', { name: 'c' });
    await forbidden(app, 'mara', 'PUT', '/channeltypes/messaging', { replies: false });
    await forbidden(app, 'mara', 'DELETE', '/channeltypes/messaging');
  });

  test('see no secrets of the app', async () => {
    const app = await harbour();
    await app.call('PATCH', '/app', {
      event_hooks: [{ hook_type: 'sqs', enabled: false, event_types: [], sqs_region: 'eu-west-1', sqs_auth_type: 'keys',
        sqs_queue_url: 'https://sqs.eu-west-1.amazonaws.com/1/q', sqs_key: 'AKID', sqs_secret: 'hush-hush' }],
    });
    const answer = await app.request('GET', '/app', undefined, { as: 'mara' });
    assert.ok(!answer.text.includes('hush-hush'), answer.text);
  });

  test('do not raise their own role', async () => {
    const app = await harbour();
    const answer = await app.request('PATCH', '/users', { users: [{ id: 'mara', set: { role: 'admin' } }] }, { as: 'mara' });
    assert.equal(answer.status, 403, answer.text);
  });

  test("have no reach into another app's data", async () => {
    const [one, two] = [await harbour(), await harbour()];
    const answer = await one.request('GET', '/messages/by-mara', undefined, { token: two.userToken('mara') });
    assert.equal(answer.status, 401, answer.text);
    await two.call('DELETE', '/messages/by-mara?hard=true');
    assert.equal((await one.call('GET', '/messages/by-mara')).message.text, 'mine');
  });

  for (const [dialect, chat, app_] of [['v1', '', ''], ['v2', '/api/v2/chat', '/api/v2']]) {
    test(`switched off by the app, permissions bind nobody, but other rules do (${dialect})`, async () => {
      const app = await harbour();
      const room = `${chat}/channels/messaging/dock`;
      const as = { as: 'ines' };
      const text = { message: { text: 'x' } };
      await app.refuses(403, 17, 'POST', `${room}/message`, text, as);
      await app.call('PATCH', `${app_}/app`, { disable_permissions_checks: true });
      await app.server.logged(new RegExp(`app ${await app.id()}: disable_permissions_checks is on`));
      assert.equal((await app.call('GET', `${app_}/app`)).app.disable_permissions_checks, true);

      const { message } = await app.call('POST', `${room}/message`, text, as);
      assert.equal(message.user.id, 'ines');
      await app.call('PUT', `${chat}/messages/by-mara`, { set: { text: 'rewritten' } }, as);
      await app.call('DELETE', `${chat}/messages/by-mara`, undefined, as);
      await app.call('PATCH', room, { set: { frozen: true } }, as);
      await app.call('POST', `${room}/message`, text, as);
      await app.call('PATCH', room, { set: { cooldown: 100 } }, as);
      await app.call('POST', `${room}/message`, text, as);
      const { channels } = await app.call('POST', `${chat}/channels`, { filter_conditions: { type: 'messaging' } }, as);
      assert.deepEqual(channels.map(({ channel }) => channel.id), ['dock']);
      await app.call('POST', `${room}/truncate`, {}, as);

      // It acts as its own user, and what is a server's stays a server's.
      await app.refuses(403, 17, 'POST', `${room}/message`, { message: { text: 'x', user_id: 'olaf' } }, as);
      await app.refuses(403, 17, 'PATCH', `${app_}/users`, { users: [{ id: 'ines', set: { role: 'admin' } }] }, as);
      await app.refuses(403, 17, 'PATCH', `${app_}/users`, { users: [{ id: 'olaf', set: { name: 'x' } }] }, as);
      await app.refuses(403, 17, 'PATCH', `${app_}/app`, {}, as);
      await app.refuses(403, 17, 'POST', `${app_}/users/olaf/deactivate`, {}, as);
      await app.refuses(403, 17, 'DELETE', `${room}?hard_delete=true`, undefined, as);
      // Nor does it show what is not shown to the user, or let in who was shut out.
      await app.send('dock', { id: 'secret', text: 'psst', user_id: 'mara', restricted_visibility: ['olaf'] });
      await app.refuses(404, 16, 'GET', `${chat}/messages/secret`, undefined, as);
      await app.call('POST', '/moderation/ban', { target_user_id: 'ines', banned_by_id: 'mara' });
      await app.refuses(403, 17, 'POST', `${room}/message`, text, as);

      await app.call('PATCH', `${app_}/app`, { disable_permissions_checks: false });
      await app.refuses(403, 17, 'GET', room, undefined, as);
    });
  }
}, { concurrency: 4 });

// Of its own: the server is started again.
suite('permissions that are not checked', ({ test, newApp }) => {
  test('the log says at the start where they are switched off', async () => {
    const app = await newApp();
    await app.call('PATCH', '/app', { disable_permissions_checks: true });
    const id = await app.id();
    await app.server.stop();
    const before = app.server.log.length;
    await app.server.start();
    await app.server.logged(new RegExp(`app ${id}: disable_permissions_checks is on`), { from: before });
  });
});
