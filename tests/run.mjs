// Runs the named suites (folders) with Node's own test runner: `node run.mjs integration e2e`.
// Files run in parallel (most of their time is waiting for retries); each file owns its server.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kFilesInParallel = 3;

const root = dirname(fileURLToPath(import.meta.url));
const suites = process.argv.slice(2);
if (suites.length === 0) {
  console.error('usage: node run.mjs SUITE...   (harness, integration, attack, e2e, clients, fault)');
  process.exit(2);
}

const files = suites.flatMap((suite) =>
  readdirSync(join(root, suite))
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => join(root, suite, name)),
);
if (files.length === 0) {
  console.error(`no tests in ${suites.join(', ')}`);
  process.exit(1);
}

const flags = ['--test', '--test-reporter=spec', `--test-concurrency=${kFilesInParallel}`];
const runner = spawn(process.execPath, [...flags, ...files], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code, signal) => process.exit(signal ? 1 : code));
