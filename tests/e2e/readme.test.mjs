// README's first webhook, done as it is printed there: its blocks are taken from the file and run. Only
// what differs from start to start is filled in: the printed credentials, the address, the two ports.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/server.mjs';
import { eventually, within } from '../harness/wait.mjs';

const kTestTimeoutMs = 300_000;
const kInstallTimeoutMs = 240_000;
const kStepTimeoutMs = 60_000;
const kPortTries = 100;

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

/** The fenced blocks below a heading: language, text, and the words before the fence. */
function blocksUnder(heading) {
  const start = readme.indexOf(`\n## ${heading}\n`);
  assert.notEqual(start, -1, `README has no heading "${heading}"`);
  const end = readme.indexOf('\n## ', start + 1);
  const section = readme.slice(start, end === -1 ? undefined : end);
  return [...section.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    language: match[2],
    text: match[3].replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
    before: section.slice(0, match.index).trimEnd(),
  }));
}

const escaped = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Replaces every `from`, of which there must be one. */
function fill(text, from, to) {
  assert.ok(text.includes(from), `README's block has no ${from}:\n${text}`);
  return text.replaceAll(from, to);
}

/**
 * A port for README's receiver, which wants a number: one below those that the system hands out, so that
 * nobody who asks for any port gets it before the receiver has it.
 */
async function freePort() {
  const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t').map(Number);
  for (let tries = 0; tries < kPortTries; ++tries) {
    const port = randomInt(Math.ceil(lowest / 2), lowest);
    const probe = createServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error(`none of ${kPortTries} ports was free`);
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A terminal: a shell that is given one block after the other. */
class Terminal {
  #shell;
  #exit;
  #steps = 0;
  output = '';

  constructor(cwd) {
    // A group of its own, so that what it leaves in the background ends with it.
    // What npm has in its cache it takes from there, and a registry that stumbles is asked again.
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_fetch_retries: '5', npm_config_audit: 'false' };
    this.#shell = spawn('bash', [], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    this.#exit = once(this.#shell, 'exit');
  }

  /** Runs commands, which must succeed; what they printed. */
  async run(commands, timeout = kStepTimeoutMs) {
    const begin = this.output.length;
    const mark = `step-${++this.#steps}-ended`;
    this.#shell.stdin.write(`${commands}\nprintf '\\n%s %s\\n' ${mark} "$?"\n`);
    const ended = new RegExp(`^${mark} (\\d+)$`, 'm');
    const status = await eventually(() => ended.exec(this.output.slice(begin)), {
      timeout,
      what: () => `the end of:\n${commands}\nwhich printed:\n${this.output}`,
    });
    assert.equal(status[1], '0', `failed:\n${commands}\nwhich printed:\n${this.output}`);
    return this.output.slice(begin, begin + status.index);
  }

  async close() {
    process.kill(-this.#shell.pid, 'SIGKILL');
    await within(this.#exit, kStepTimeoutMs, 'the shell ends');
  }
}

describe('README', () => {
  let server;
  let folder;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-readme-'));
    // As `make run` starts it: the server makes its own credentials.
    const env = { HOOKLINE_BOOTSTRAP_KEY: undefined, HOOKLINE_BOOTSTRAP_SECRET: undefined, HOOKLINE_ADMIN_TOKEN: undefined };
    server = await startServer({ env });
  });
  after(async () => {
    await server?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the server printed at its start, in README's words: address and credentials. */
  async function printed() {
    const [shown] = blocksUnder('The two commands').filter((block) => block.text.startsWith('hookline: listening'));
    let pattern = escaped(shown.text.trim());
    for (const [example, value] of [
      [/127\\\.0\\\.0\\\.1:3030/, '(?<address>127\\.0\\.0\\.1:\\d+)'],
      [/(?<=API key )\S+/, '(?<key>[a-z0-9]+)'],
      [/(?<=secret )\S+/, '(?<secret>[a-z0-9]+)'],
      [/(?<=admin token )\S+/, '(?<token>\\S+)'],
    ]) {
      assert.match(pattern, example);
      pattern = pattern.replace(example, value);
    }
    const match = await eventually(() => new RegExp(`^${pattern}$`, 'm').exec(server.output), {
      what: () => `a start that prints what README shows; it printed:\n${server.output}`,
    });
    return match.groups;
  }

  test('the first webhook works as printed, and again', { timeout: kTestTimeoutMs }, async () => {
    const { address, key, secret, token } = await printed();
    const blocks = blocksUnder('Your first webhook, in a minute');
    const shell = blocks.filter((block) => block.language === 'sh').map((block) => block.text);
    assert.equal(shell.length, 3, 'README has three blocks of commands');
    const expected = blocks.filter((block) => block.language === '').map((block) => block.text.trim().split('\n'));
    assert.equal(expected.length, 1, 'README shows what is printed');

    let install = shell[0];
    for (const [name, value] of Object.entries({ STREAM_KEY: key, STREAM_SECRET: secret, ADMIN_TOKEN: token })) {
      install = fill(install, `${name}=…`, `${name}=${value}`);
    }
    const port = await freePort();
    const sources = blocks.filter((block) => block.language === 'js');
    const files = Object.fromEntries(
      sources.map(({ before: words, text }) => [/`([\w-]+\.mjs)`:$/.exec(words)?.[1], text]),
    );
    assert.deepEqual(Object.keys(files), ['receiver.mjs', 'chat.mjs']);
    files['receiver.mjs'] = fill(files['receiver.mjs'], 'listen(4000,', `listen(${port},`);
    // The address first, and whole: the port of the receiver may begin with the digits of the other.
    files['chat.mjs'] = fill(files['chat.mjs'], '127.0.0.1:3030', 'SERVER');
    files['chat.mjs'] = fill(files['chat.mjs'], '127.0.0.1:4000', `127.0.0.1:${port}`);
    files['chat.mjs'] = fill(files['chat.mjs'], 'SERVER', address);
    const look = fill(shell[2], '127.0.0.1:3030', address);

    const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
    const quickStart = async (lines) => {
      const terminal = new Terminal(folder);
      try {
        await terminal.run(install, kInstallTimeoutMs);
        for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'first-webhook', name), text);
        // Line by line, as slow as hands: the receiver listens before anything happens.
        const [start, ...rest] = shell[1].trim().split('\n');
        await terminal.run(start);
        await eventually(() => answers(port), { timeout: kStepTimeoutMs, what: () => `the receiver:\n${terminal.output}` });
        const begin = terminal.output.length;
        for (const command of rest) await terminal.run(command);
        const received = () =>
          [...terminal.output.slice(begin).matchAll(new RegExp(`^(.*\\S)\\s+${uuid}$`, 'gm'))].map((line) => line[1]);
        await eventually(() => received().length >= lines.length, {
          timeout: kStepTimeoutMs,
          what: () => `${lines.length} lines of the receiver:\n${terminal.output}`,
        });
        // A receiver has printed before it answers, and a delivery ends only when its answer is recorded:
        // when none is pending, nothing more will be printed.
        const { deliveries } = await eventually(
          async () => {
            const shown = JSON.parse(/^\{"deliveries".*$/m.exec(await terminal.run(look))[0]);
            return shown.deliveries.every((delivery) => delivery.state !== 'pending') && shown;
          },
          { timeout: kStepTimeoutMs, what: () => `the end of all deliveries:\n${terminal.output}` },
        );
        assert.ok(deliveries.every((delivery) => delivery.state === 'delivered'), JSON.stringify(deliveries));
        assert.deepEqual(received().sort(), [...lines].sort());
        return deliveries.length;
      } finally {
        await terminal.close();
        // The next one's receiver wants the same port.
        await eventually(async () => !(await answers(port)), { what: 'the receiver to be gone' });
      }
    };

    const [lines] = expected;
    assert.equal(lines.length, 3);
    assert.equal(await quickStart(lines), 3);
    // The channel is there by now; everything else happens again, once.
    assert.equal(await quickStart(lines.filter((line) => line !== 'channel.created')), 5);

    const hooks = await server.admin('GET', '/hooks', undefined, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(hooks.json.hooks.length, 1, 'one hook, however often it runs');
  });
});
