// SECURITY.md promises nothing without a test: the tests that it names are there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${root}SECURITY.md`, 'utf8');

test('the tests that SECURITY.md names are there', () => {
  const named = [...text.matchAll(/`(tests\/[\w./]+)`/g)].map(([, path]) => path);
  assert.ok(named.length > 20, `${named.length} tests`);
  assert.deepEqual(named.filter((path) => !existsSync(root + path)), []);
});

test('every key of its bounds is in the documentation', () => {
  const keys = [...text.matchAll(/`((?:limits|delivery|chat)\.\w+)`/g)].map(([, key]) => key);
  assert.ok(keys.length >= 8);
  const documented = readFileSync(`${root}docs/configuration.md`, 'utf8');
  assert.deepEqual(keys.filter((key) => !documented.includes(`\`${key}\``)), []);
});
