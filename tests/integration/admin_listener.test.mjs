// Metrics and admin routes on a listener of their own.
import assert from 'node:assert/strict';
import { exchange } from '../harness/http.mjs';
import { suite } from '../harness/suite.mjs';

suite('admin_listen', ({ test, server }) => {
  const adminOrigin = () => /^ {2}metrics and admin routes on (http:\/\/\S+)$/m.exec(server().output)[1];
  const ask = (origin, path) => exchange({ origin, method: 'GET', path, headers: { authorization: `Bearer ${server().adminToken}` } });

  test('the API answers 404 for what has moved', async () => {
    for (const path of ['/metrics', '/admin/v1/apps', '/admin/v1/nothing']) {
      const answer = await ask(server().origin, path);
      assert.equal(answer.status, 404, path);
      assert.equal(answer.json.code, 16);
    }
    await server().app.call('GET', '/app');
  });

  test('it has them, with health, and nothing of the API', async () => {
    for (const path of ['/metrics', '/admin/v1/apps', '/healthz', '/readyz']) {
      assert.equal((await ask(adminOrigin(), path)).status, 200, path);
    }
    const apps = await ask(adminOrigin(), '/admin/v1/apps');
    assert.ok(apps.json.apps.length > 0);
    const wrong = await exchange({ origin: adminOrigin(), method: 'GET', path: '/admin/v1/apps' });
    assert.equal(wrong.status, 401);
    const { app } = server();
    const api = await exchange({
      origin: adminOrigin(), method: 'GET', path: `/app?api_key=${app.key}`,
      headers: { authorization: app.serverToken(), 'stream-auth-type': 'jwt' },
    });
    assert.equal(api.status, 404);
  });

  test('health is on both', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await ask(server().origin, path)).status, 200, path);
  });
}, { server: { env: { HOOKLINE_ADMIN_LISTEN: '127.0.0.1:0' } } });
