// What has ended is removed after its time, and what is left says so (docs/configuration.md, docs/admin-api.md).
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';
import { exchange } from '../harness/http.mjs';
import { eventually } from '../harness/wait.mjs';

/** Waits until the server has counted something under `name`. */
const counted = (server, name) =>
  eventually(
    async () => {
      const { text } = await exchange({ origin: server.origin, method: 'GET', path: '/metrics' });
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) >= 1;
    },
    { what: name },
  );

suite('payloads', ({ test, newApp, server, receiver, path }) => {
  test('go once they have arrived; the delivery says so and is not sent again', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');
    await app.send('dock', { text: 'soon gone', user_id: 'mara' });
    const call = await receiver().waitForOne({ path: hook });
    const id = call.headers['x-webhook-id'];
    await eventually(async () => (await app.delivery(id)).payload_kept === false, { what: 'the payload to go' });
    const delivery = await app.delivery(id);
    assert.equal(delivery.state, 'delivered');
    assert.equal(delivery.payload, undefined);
    const again = await server().admin('POST', `/deliveries/${id}/redeliver`, {});
    assert.equal(again.status, 400, again.text);
    assert.match(again.json.message, /payload/);
    await counted(server(), 'hookline_retention_payloads_total');
    await counted(server(), 'hookline_store_bytes');
  });
}, { server: { config: '[retention]\nbodies_s = 1\n' } });

suite('deliveries', ({ test, newApp, server, receiver, path }) => {
  test('go once they have ended; dead letters stay for their own time', async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    const [good, bad] = [path(), path()];
    receiver().script(bad, { status: 400 });
    await app.hooks(
      { webhook_url: receiver().url(good), event_types: ['message.new'] },
      { webhook_url: receiver().url(bad), event_types: ['message.updated'] },
    );
    const { id } = await app.send('dock', { text: 'soon gone', user_id: 'mara' });
    await app.call('POST', `/messages/${id}`, { message: { text: 'changed', user_id: 'mara' } });
    const [arrived, refused] = [await receiver().waitForOne({ path: good }), await receiver().waitForOne({ path: bad })];
    const dead = await app.deliveryIn(refused.headers['x-webhook-id'], 'dead');
    const gone = `/deliveries/${arrived.headers['x-webhook-id']}`;
    await eventually(async () => (await server().admin('GET', gone)).status === 404, { what: 'the delivery to go' });
    await counted(server(), 'hookline_retention_deliveries_total');
    const kept = await app.delivery(dead.id);
    assert.equal(kept.payload_kept, true);
    assert.equal(kept.payload.message.text, 'changed');
  });
}, { server: { config: '[retention]\ndeliveries_s = 1\n' } });
