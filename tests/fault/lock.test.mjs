// One server for one data directory, whatever is removed from it.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../harness/server.mjs';

test('a second server does not start, although every file that could be a lock is gone', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  context.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const first = await startServer({ dataDir });
  context.after(() => first.dispose());
  const app = await first.newApp();
  await app.channel('dock', ['mara']);
  for (const name of readdirSync(dataDir)) {
    if (!name.startsWith('hookline.db')) rmSync(join(dataDir, name));
  }

  await assert.rejects(startServer({ dataDir }), /another server uses the data directory/);

  const { id } = await app.send('dock', { text: 'still mine', user_id: 'mara' });
  await first.kill();
  await first.start();
  assert.equal((await app.call('GET', `/messages/${id}`)).message.text, 'still mine');
});
