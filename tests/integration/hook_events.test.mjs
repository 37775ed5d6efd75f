// GET /hook/events lists exactly what can fire: everything on the list is made to fire here, and
// nothing else comes. Who adds an event adds what makes it fire.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

suite('the events that hooks can ask for', ({ test, receiver, path, newApp }) => {
  test('are the ones that fire', async () => {
    const app = await newApp();
    const hook = path();
    await app.hook(receiver().url(hook));

    await app.channel('dock', ['mara', 'olaf']);
    const post = (route, body) => app.call('POST', route, body);
    const update = (body) => post('/channels/messaging/dock', body);
    await update({ data: { name: 'Dock' } });
    await app.call('PATCH', '/channels/messaging/dock', { set: { frozen: true } });
    await app.call('PATCH', '/channels/messaging/dock', { set: { frozen: false } });
    await post('/channels/messaging/dock/hide', { user_id: 'olaf' });
    await post('/channels/messaging/dock/show', { user_id: 'olaf' });
    await post('/channels/messaging/dock/truncate', {});
    await app.users('nils');
    await update({ add_members: ['nils'] });
    await update({ add_moderators: ['nils'] });
    await update({ remove_members: ['nils'] });

    await app.send('dock', { id: 'e-1', text: 'one', user_id: 'mara' });
    await post('/messages/e-1', { message: { id: 'e-1', text: 'two', user_id: 'mara' } });
    await post('/channels/messaging/dock/read', { user_id: 'olaf' });
    await post('/messages/e-1/reaction', { reaction: { type: 'like', user_id: 'olaf' } });
    await post('/messages/e-1/reaction', { reaction: { type: 'like', score: 5, user_id: 'olaf' } });
    await app.call('DELETE', '/messages/e-1/reaction/like?user_id=olaf');

    await post('/moderation/flag', { target_message_id: 'e-1', user_id: 'olaf' });
    await post('/moderation/unflag', { target_message_id: 'e-1', user_id: 'olaf' });
    await post('/moderation/flag', { target_user_id: 'mara', user_id: 'olaf' });
    await post('/moderation/unflag', { target_user_id: 'mara', user_id: 'olaf' });
    await post('/moderation/mute', { target_id: 'mara', user_id: 'olaf' });
    await post('/moderation/unmute', { target_id: 'mara', user_id: 'olaf' });
    await post('/moderation/ban', { target_user_id: 'nils', banned_by_id: 'mara' });
    await app.call('DELETE', '/moderation/ban?target_user_id=nils');

    await post('/channels/messaging/dock/unread', { user_id: 'olaf', message_id: 'e-1' });
    await post('/users/nils/deactivate', {});
    await post('/users/nils/reactivate', {});
    await app.call('DELETE', '/users/nils');

    await app.call('DELETE', '/messages/e-1');
    await app.call('DELETE', '/channels/messaging/dock');
    await app.drained();

    const fired = new Set(receiver().callsTo(hook).map((call) => call.json.type));
    const { events } = await app.call('GET', '/hook/events');
    assert.deepEqual(events.map((event) => event.name).sort(), [...fired].sort());
    for (const event of events) {
      assert.ok(event.description.endsWith('.'));
      assert.deepEqual(event.products, ['chat']);
    }
    assert.equal((await app.call('GET', '/hook/events?product=chat')).events.length, events.length);
    assert.deepEqual((await app.call('GET', '/hook/events?product=video')).events, []);
  });
});
