// Runs the official Go client's own tests, as its module brings them, against a real server.
//
//   node tests/clients/go_suite.mjs [--update] [TEST...]       (all tests if none is named)
//
// Each test runs in a process of its own, because one that fails ends its process, and against an
// app of its own, because each process first deletes the channel types that it does not know.
// go/must_pass.txt names the tests that must pass. It only grows: a test that passes without being
// named there is reported, and --update adds it.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/server.mjs';
import { goCommand } from './go_command.mjs';

const kModule = 'github.com/GetStream/stream-chat-go/v8';
const kTestsAtOnce = 3;
const kTestSeconds = 60;
const kClientSeconds = 30; // The client's default of 6 is short for a machine that builds meanwhile.
const kBuildMs = 10 * 60_000;
const kOutputBytes = 4 * 1024 * 1024;

// Tests that pass only if an answer promises what is not done, or that leave the machine. They are not run.
const kLeftOut = new Map([
  ['TestClient_SwapHttpClient', "uses a stranger's host as its proxy"],
  ['TestClientUpdateEventHooks', 'wants hooks accepted that nothing is sent to yet (sqs, sns, pending messages)'],
  ['TestClient_UpdateChannelTypeMarkMessagesPending', 'wants pending messages accepted that do not exist yet'],
]);

const here = dirname(fileURLToPath(import.meta.url));
const module = join(here, 'go');
const listFile = join(module, 'must_pass.txt');
const buildFolder = resolve(here, '../../build/clients');
const testBinary = join(buildFolder, 'stream-chat-go.test');

/** Runs a program to its end: its exit code (null if it was killed) and all that it wrote. */
const run = (program, args, options) =>
  new Promise((done) => {
    execFile(program, args, { maxBuffer: kOutputBytes, ...options }, (error, stdout, stderr) => {
      done({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, output: stdout + stderr });
    });
  });

async function build() {
  mkdirSync(buildFolder, { recursive: true });
  const { code, output } = await run(goCommand(), ['test', '-c', '-o', testBinary, kModule], {
    cwd: module,
    env: { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
    timeout: kBuildMs,
  });
  if (code !== 0) throw new Error(`go test -c ${kModule} failed:\n${output}`);
}

const listed = () =>
  readFileSync(listFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** The names of all tests. Even listing them makes the client call the server first. */
async function allTests(app) {
  const { code, output } = await run(testBinary, ['-test.list', '.'], { env: environment(app), timeout: kTestSeconds * 1000 });
  if (code !== 0) throw new Error(`cannot list the tests:\n${output}`);
  return output.split('\n').filter((line) => /^Test\w+$/.test(line));
}

const environment = (app) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  STREAM_KEY: app.key,
  STREAM_SECRET: app.secret,
  STREAM_CHAT_URL: app.server.origin,
  STREAM_CHAT_TIMEOUT: String(kClientSeconds),
});

async function runTest(server, name) {
  const { code, output } = await run(
    testBinary,
    ['-test.run', `^${name}$`, '-test.v', `-test.timeout=${kTestSeconds}s`],
    { env: environment(await server.newApp()), timeout: (kTestSeconds + 10) * 1000, cwd: buildFolder },
  );
  const skipped = new RegExp(`^--- SKIP: ${name} `, 'm').test(output);
  const passed = code === 0 && new RegExp(`^--- PASS: ${name} `, 'm').test(output);
  return { name, state: passed ? 'passed' : skipped ? 'skipped' : 'failed', output };
}

/** Calls `work` for every item, at most `limit` at once. */
async function inParallel(items, limit, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

const args = process.argv.slice(2);
const update = args.includes('--update');
const named = args.filter((arg) => arg !== '--update');
const mustPass = new Set(listed());

await build();
const server = await startServer();
let results;
try {
  const tests = await allTests(server.app);
  const unknown = [...mustPass, ...named].filter((name) => !tests.includes(name));
  if (unknown.length > 0) throw new Error(`the client has no tests ${unknown.join(', ')}`);
  const chosen = named.length > 0 ? named : tests.filter((name) => !kLeftOut.has(name));
  results = await inParallel(chosen, kTestsAtOnce, (name) => runTest(server, name));
} finally {
  await server.dispose();
}

const names = (state, inList) =>
  results.filter((test) => test.state === state && mustPass.has(test.name) === inList).map((test) => test.name);
const broken = results.filter((test) => test.state !== 'passed' && mustPass.has(test.name));
const shown = named.length > 0 ? results.filter((test) => test.state !== 'passed') : broken;
for (const { name, output } of shown) console.log(`--- ${name}\n${output.trimEnd()}\n`);
console.log(`${kModule}: ${results.length} tests`);
console.log(`  not required and failed: ${names('failed', false).join(' ') || '-'}`);
if (named.length === 0) console.log(`  left out: ${[...kLeftOut].map(([name, why]) => `${name} (${why})`).join(', ')}`);
console.log(`  skipped by the client: ${names('skipped', false).join(' ') || '-'}`);
const fresh = names('passed', false);
if (fresh.length > 0) {
  if (update) {
    const head = readFileSync(listFile, 'utf8').split('\n').filter((line) => line.startsWith('#'));
    writeFileSync(listFile, [...head, ...[...mustPass, ...fresh].sort(), ''].join('\n'));
  }
  console.log(`  ${update ? 'added to' : 'pass, and belong on'} the list: ${fresh.join(' ')}`);
}
if (broken.length > 0) console.log(`  must pass and did not: ${broken.map((test) => test.name).join(' ')}`);
console.log(`${names('passed', true).length} passed, ${broken.length} failed`);
process.exit(broken.length > 0 ? 1 : 0);
