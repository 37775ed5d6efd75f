// The server's route table, read from its sources: a route that is added there is attacked here, or the
// test says that nobody has thought about it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../src/api');
/** Tables of operations that are 501 for everybody. */
const kNotServed = new Set(['unimplemented_operations.cc', 'foreign_operations.cc']);
/** First segments of paths that stand under /api/v2 itself; all others are under /api/v2/chat. */
const kPlain = new Set(['app', 'check_push', 'users', 'tasks', 'moderation']);

/**
 * One route that is served.
 * @typedef {object} Route
 * @property {string} method
 * @property {string} path of v1, with {parameters}
 * @property {string} name the operation's
 * @property {boolean} open whether user tokens may call it
 * @property {string[]} paths under which it is found: of v1, of v2, or both
 */

/** @returns {Route[]} */
export function servedRoutes() {
  const routes = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('_operations.cc') && !kNotServed.has(name))) {
    const text = readFileSync(join(folder, file), 'utf8');
    const table = /constexpr Operation kOperations\[\] = \{\n([\s\S]*?)^\};/m.exec(text)?.[1];
    assert.ok(table, `${file} has no table`);
    const short = /Open(?:Async)?\(\s*"([A-Z]+)",\s*"([^"]+)",\s*"(\w+)"/g;
    for (const [, method, path, name] of table.matchAll(short)) routes.push({ method, path, name, open: true, version: 'kBoth' });
    const long = /\{\s*\.method = "([A-Z]+)",\s*\.path = "([^"]+)",\s*\.name = "(\w+)"([^{}]*)\}/g;
    for (const [, method, path, name, more] of table.matchAll(long)) {
      const version = /Version::(\w+)/.exec(more)?.[1] ?? 'kBoth';
      routes.push({ method, path, name, open: more.includes('Access::kAnyToken'), version });
    }
    const rows = table.match(/"(?:GET|POST|PUT|PATCH|DELETE)"/g).length;
    assert.equal(routes.filter((route) => !route.file).length, rows, `${file}: rows that are written in a way unknown here`);
    for (const route of routes) route.file ??= file;
  }
  return routes.map(({ method, path, name, open, version }) => {
    const chat = !kPlain.has(path.split('/')[1]) || name === 'SendUserCustomEvent';
    const v2 = `/api/v2${chat ? '/chat' : ''}${path}`;
    const paths = { kBoth: [path, v2], kV1Only: [path], kV2Only: [v2] }[version];
    return { method, path, name, open, paths };
  });
}

/** A path with its parameters filled in. */
export const filled = (path, values) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    assert.ok(name in values, `no value for {${name}} of ${path}`);
    return encodeURIComponent(values[name]);
  });
