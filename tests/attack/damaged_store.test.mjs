// A log that is cut short, a database with broken pages, a lock file that is taken away: nothing is lost or
// shared without a word. What is found in the files themselves is tested in tests/unit/store.
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../harness/server.mjs';
import { eventually } from '../harness/wait.mjs';

const kPage = 4096;

const overwrite = (file, from, bytes) => {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(descriptor);
};

/** A server with a channel and 40 messages, killed; and the names of its files. */
async function filled(context, messages = 40) {
  const dataDir = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  const server = await startServer({ dataDir });
  context.after(async () => {
    await server.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { app } = server;
  await app.channel('dock', ['mara']);
  for (let i = 0; i < messages; ++i) await app.send('dock', { id: `m${i}`, text: 'x'.repeat(4000), user_id: 'mara' });
  const file = (end = '') => join(dataDir, `hookline.db${end}`);
  return { server, app, file, dataDir };
}
const found = async (app, messages) => {
  let count = 0;
  for (let i = 0; i < messages; ++i) if ((await app.request('GET', `/messages/m${i}`)).status === 200) ++count;
  return count;
};
const ready = async (app) => (await app.request('GET', '/readyz', undefined, { token: null, key: null })).status;

test('after a kill all is there, and the log says what was recovered', async (context) => {
  const { server, app } = await filled(context);
  await server.kill();
  await server.start();
  assert.equal(await found(app, 40), 40);
  await server.logged(/recovered from the log/);
  assert.doesNotMatch(server.log, /damaged/);
});

for (const [how, damage] of [
  ['cut to two thirds', (log) => truncateSync(log, Math.floor((statSync(log).size * 2) / 3))],
  ['cut to its head', (log) => truncateSync(log, 32)],
  ['overwritten in the middle', (log) => overwrite(log, Math.floor(statSync(log).size / 2), 100)],
  ['overwritten at its beginning', (log) => overwrite(log, 0, 64)],
  ['gone', (log) => unlinkSync(log)],
]) {
  test(`a log that was ${how} is told of`, async (context) => {
    const { server, file } = await filled(context);
    await server.kill();
    assert.ok(statSync(file('-wal')).size > 40 * kPage, 'the log has what was written last');
    damage(file('-wal'));
    await server.start();
    await server.logged(/the log is damaged or cut short/);
    // It goes on with what is left.
    const apps = await server.admin('GET', '/apps');
    assert.equal(apps.status, 200, apps.text);
  });
}

test('broken pages: /readyz says so from the start on', async (context) => {
  const { server, app, file } = await filled(context, 300);
  await server.stop(); // Everything is in the database itself.
  const pages = Math.floor(statSync(file()).size / kPage);
  assert.ok(pages > 100);
  overwrite(file(), Math.floor(pages / 2) * kPage, 30 * kPage);
  await server.start();
  await server.logged(/the database is damaged/);
  await eventually(async () => (await ready(app)) === 503, { what: 'a server that is not ready' });
});

test('a database that is none, or has a broken beginning: the start fails and says what to do', async (context) => {
  for (const damage of [(db) => truncateSync(db, 100), (db) => overwrite(db, 0, 2 * kPage)]) {
    const { server, file } = await filled(context, 5);
    await server.stop();
    copyFileSync(file(), file('.kept'));
    damage(file());
    await assert.rejects(server.start(), /(is damaged|beginning is damaged|restore a backup)/);
  }
});

test('nothing that can be taken out of the data directory opens it to a second server', async (context) => {
  const { server, app, dataDir } = await filled(context, 1);
  for (const name of readdirSync(dataDir).filter((each) => !each.startsWith('hookline.db'))) {
    rmSync(join(dataDir, name), { recursive: true });
  }
  await assert.rejects(startServer({ dataDir }).then((second) => second.dispose()), /another|in use|holds/);
  assert.equal(await found(app, 1), 1);
  await app.send('dock', { text: 'still here', user_id: 'mara' });
  await server.stop();
});
