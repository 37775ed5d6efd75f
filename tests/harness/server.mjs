// A real `hookline serve` process on a free port and a data directory of its own.
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from './app.mjs';
import { exchange } from './http.mjs';
import { eventually, kPatienceMs, within } from './wait.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** The program under test. */
export const binary = resolve(repository, process.env.HOOKLINE_BIN ?? 'build/hookline');

const kLogBytesKept = 256 * 1024;

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const word = (length) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** For a binary built with a sanitizer: how it reports. */
const sanitizerOptions = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^[A-Z]+SAN_OPTIONS$/.test(name)),
);

class Server {
  origin;
  adminToken = randomBytes(24).toString('hex');
  /** The app that the bootstrap variables create. */
  app;
  dataDir;

  #options;
  #process;
  #exit;
  #log = '';
  #output = '';
  #ownsData;

  constructor(options) {
    this.#options = options;
    this.#ownsData = options.dataDir === undefined;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'hookline-test-'));
    this.app = new App(this, { key: word(12), secret: word(64) });
    if (options.config !== undefined) writeFileSync(this.#configPath, options.config);
  }

  get pid() {
    return this.#process?.pid;
  }

  /** What the process wrote to standard error, the end of it. */
  get log() {
    return this.#log;
  }

  /**
   * Waits until the log has a line that matches: an answer, or the ready line, may be read before what the
   * process wrote to its log earlier.
   */
  logged(pattern, { from = 0 } = {}) {
    return eventually(() => pattern.test(this.#log.slice(from)), { what: () => `${pattern} in the log:\n${this.#log}` });
  }

  /** What the present process wrote to standard output. */
  get output() {
    return this.#output;
  }

  get running() {
    return this.#process?.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts the process (again, on the same data) and waits until it is ready. */
  async start() {
    const { dev = true, env = {}, args = [], config } = this.#options;
    const argv = ['serve', '--listen', '127.0.0.1:0', '--data', this.dataDir];
    if (dev) argv.push('--dev');
    if (config !== undefined) argv.push('--config', this.#configPath);
    this.#process = spawn(binary, [...argv, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: this.dataDir,
        HOOKLINE_BOOTSTRAP_KEY: this.app.key,
        HOOKLINE_BOOTSTRAP_SECRET: this.app.secret,
        HOOKLINE_ADMIN_TOKEN: this.adminToken,
        // A read is slow on a busy machine; who tests the limit sets it.
        ...(config?.includes('query_ms') ? {} : { HOOKLINE_LIMITS_QUERY_MS: '60000' }),
        HOOKLINE_CHAT_COMMAND_TIMEOUT_MS: '10000', // So that a handler is late only where a test means it.
        ...sanitizerOptions,
        ...env,
      },
    });
    this.#process.stderr.on('data', (chunk) => {
      this.#log = (this.#log + chunk).slice(-kLogBytesKept);
    });
    this.#exit = new Promise((done, fail) => {
      // Not `exit`, which may come before the last of what it wrote has been read.
      this.#process.once('close', (code, signal) => done({ code, signal }));
      this.#process.once('error', fail);
    });
    // Observed by start() or stop(); without this, a failed spawn would also be an unhandled one.
    this.#exit.catch(() => {});
    const ready = new Promise((done) => {
      this.#output = '';
      this.#process.stdout.on('data', (chunk) => {
        this.#output += chunk;
        const line = /^hookline: listening on (http:\/\/\S+)\n/m.exec(this.#output);
        if (line) done(line[1]);
      });
    });
    const died = this.#exit.then(({ code, signal }) => {
      throw new Error(`hookline ended before it was ready (code ${code}, signal ${signal})\n${this.#log}`);
    });
    this.origin = await within(Promise.race([ready, died]), kPatienceMs, () => `the ready line\n${this.#log}`);
    return this;
  }

  /** Sends a signal and waits for the end: how it ended. */
  signal(name) {
    this.#process.kill(name);
    return within(this.#exit, kPatienceMs, () => `exit after ${name}\n${this.#log}`);
  }

  /** SIGTERM; the process must exit with 0. */
  async stop() {
    if (!this.running) return;
    const { code, signal } = await this.signal('SIGTERM');
    if (code !== 0) throw new Error(`hookline exited with code ${code}, signal ${signal}\n${this.#log}`);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill() {
    if (!this.running) return;
    this.#process.kill('SIGKILL');
    await this.#exit;
  }

  /** Ends everything, whatever state it is in, and removes the data that it made. */
  async dispose() {
    try {
      await this.stop();
    } finally {
      await this.kill();
      if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true });
      if (this.#options.config !== undefined) rmSync(this.#configPath, { force: true });
    }
  }

  /** A call to the admin API, with the admin token unless `headers` say otherwise. */
  admin(method, path, body, { headers = {} } = {}) {
    return exchange({
      origin: this.origin,
      method,
      path: `/admin/v1${path}`,
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** A new app with keys of its own: how tests that share a server stay apart. */
  async newApp(options = {}) {
    const answer = await this.admin('POST', '/apps', { name: `test-${word(6)}`, ...options });
    if (answer.status !== 201) throw new Error(`POST /admin/v1/apps: ${answer.status} ${answer.text}`);
    const { app, key, secret } = answer.json;
    return new App(this, { id: app.id, key, secret });
  }

  get #configPath() {
    return `${this.dataDir}.toml`;
  }
}

/**
 * Starts a server. Call `dispose()` when done.
 * @param {object} [options]
 * @param {boolean} [options.dev] `--dev`, true by default
 * @param {object} [options.env] added to the environment
 * @param {string[]} [options.args] added to the command line
 * @param {string} [options.dataDir] a directory that the caller owns
 * @param {string} [options.config] the text of a configuration file
 */
export async function startServer(options = {}) {
  const server = new Server(options);
  try {
    return await server.start();
  } catch (error) {
    await server.kill();
    await server.dispose();
    throw error;
  }
}
