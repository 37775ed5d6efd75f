// A full disk: what is answered with success is there, everything else is 503 with Retry-After, and
// the server heals by itself. Needs a small file system of its own, and so the
// right to mount one; the same is tested without it in tests/unit/api/transactions_test.cc.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from '../harness/server.mjs';
import { eventually } from '../harness/wait.mjs';

let mount;
let reason = 'a small file system can be mounted by root only';

before(() => {
  if (process.getuid() !== 0) return;
  const directory = mkdtempSync(join(tmpdir(), 'hookline-full-'));
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', directory]);
  if (done.status === 0) {
    mount = directory;
  } else {
    reason = `mount: ${done.stderr ?? done.error}`;
    rmdirSync(directory);
  }
});

after(() => {
  if (mount === undefined) return;
  spawnSync('umount', ['-l', mount]);
  rmdirSync(mount);
});

function fill(path) {
  const file = openSync(path, 'w');
  try {
    const block = Buffer.alloc(4096);
    for (;;) writeSync(file, block);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

test('on a full disk nobody is told of what is not stored', async (t) => {
  if (mount === undefined) return t.skip(reason);
  const server = await startServer({ dataDir: join(mount, 'data') });
  t.after(() => server.stop());
  const { app } = server;
  await app.channel('dock', ['mara']);
  const filler = join(mount, 'filler');
  fill(filler);
  const text = 'x'.repeat(4800);
  for (let round = 0; round < 3; ++round) {
    const answers = await Promise.all(
      Array.from({ length: 24 }, () =>
        app.request('POST', '/channels/messaging/dock/message', { message: { text, user_id: 'mara' } },
          { headers: { 'Idempotency-Key': `same-${round}` } })),
    );
    for (const answer of answers) {
      if (answer.status === 201) {
        const found = await app.request('GET', `/messages/${answer.json.message.id}`);
        assert.equal(found.status, 200, 'what was answered with success is there');
      } else {
        assert.equal(answer.status, 503, answer.text);
        assert.ok(answer.headers['retry-after'], 'a full disk says when to try again');
      }
    }
  }
  rmSync(filler);
  await eventually(async () => {
    const ready = await app.request('GET', '/readyz', undefined, { token: null, key: null });
    return ready.status === 200;
  }, { what: 'the store to take writes again' });
  await app.send('dock', { text: 'after', user_id: 'mara' });
});

test('a start on a full disk says so', async (t) => {
  if (mount === undefined) return t.skip(reason);
  const filler = join(mount, 'filler');
  fill(filler);
  t.after(() => rmSync(filler));
  await assert.rejects(startServer({ dataDir: join(mount, 'fresh') }), /disk of .* is full/);
});
