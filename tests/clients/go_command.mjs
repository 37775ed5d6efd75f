// Which Go to use: the one on the PATH if it is new enough, else the one of the tests' own Python
// environment (scripts/install-deps.sh puts it there).
import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const kOldest = [1, 23];

const bundled = resolve(dirname(fileURLToPath(import.meta.url)), '../../build/python/bin/go');

function isNewEnough(command) {
  try {
    const version = /go(\d+)\.(\d+)/.exec(execFileSync(command, ['env', 'GOVERSION'], { encoding: 'utf8' }));
    const [major, minor] = version.slice(1).map(Number);
    return major > kOldest[0] || (major === kOldest[0] && minor >= kOldest[1]);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** The command to run; throws if there is none. */
export function goCommand() {
  const found = ['go', bundled].find(isNewEnough);
  if (!found) throw new Error(`no Go ${kOldest.join('.')} or newer: run scripts/install-deps.sh clients`);
  return found;
}
