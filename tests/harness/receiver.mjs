// A webhook endpoint that does as it is told, well or badly, and remembers every call.
import { EventEmitter } from 'node:events';
import { createHmac } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import http from 'node:http';
import net from 'node:net';
import { kPatienceMs, within } from './wait.mjs';

/**
 * One call that arrived.
 * @typedef {object} Call
 * @property {number} number counts all calls of the receiver, from 1
 * @property {number} connection counts connections, from 1
 * @property {string} method
 * @property {string} path with the query
 * @property {object} headers
 * @property {Buffer} raw the body as it came (perhaps compressed)
 * @property {Buffer} plain the body, decompressed
 * @property {any} json the body, parsed; undefined if it is no JSON
 * @property {string} id X-Webhook-Id
 * @property {number} attempt X-Webhook-Attempt
 * @property {number} startedAt when its head was read (performance.now, ms)
 * @property {number} answeredAt before our answer was handed to the socket, or the connection was cut: so that
 *     a wait after it is never measured too short, however long we were kept from looking at the clock
 * @property {boolean} over whether the exchange has ended, by an answer or by a cut
 */

/**
 * What to do with a call. At most one of the behaviours after `body`; plain steps only answer.
 * @typedef {object} Step
 * @property {number} [status] 200 by default
 * @property {object} [headers]
 * @property {string} [body] '' by default
 * @property {number} [delayMs] wait before answering
 * @property {Promise} [until] wait for it before answering: for an order that the test decides
 * @property {number[]} [informational] 1xx statuses to send first
 * @property {boolean} [hang] read the call, answer nothing
 * @property {boolean} [hangAfterHeaders] send the head of the answer, then nothing
 * @property {boolean} [resetBeforeBody] reset as soon as the head of the call was read
 * @property {boolean} [resetAfterBody] reset once the whole call was read
 * @property {boolean} [resetInAnswer] reset in the middle of the answer's body
 * @property {boolean} [drip] send the answer one byte a second
 * @property {boolean} [close] answer, then close the connection
 * @property {boolean} [closeSilently] answer as if keep-alive, then close the connection
 * @property {number} [giantHeaderBytes] add a header of that size
 * @property {boolean} [endless] never stop sending the answer's body
 * @property {string} [garbage] answer with these bytes instead of HTTP
 */

/** The step of a path that nothing was scripted for. */
const kDefaultStep = { status: 200 };

export const signatureOf = (plain, secret) => createHmac('sha256', secret).update(plain).digest('hex');

class Receiver {
  /** @type {Call[]} */
  calls = [];
  connections = 0;

  #server;
  #scripts = new Map();
  #arrivals = new EventEmitter();
  #sockets = new Set();
  #timers = new Set();

  constructor() {
    this.#arrivals.setMaxListeners(0);
    this.#server = http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
      this.#serve(request, response);
    });
    this.#server.on('connection', (socket) => {
      socket.number = ++this.connections;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {}); // Resets are what this class is for.
    });
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  url(path = '/') {
    return this.origin + path;
  }

  /**
   * Says what to do with calls to `path` (the query does not count): the steps in turn, the last
   * one for all that follow. A step may be a function of the call that returns a step; it may also
   * drop what it has checked from the call, in tests that make very many.
   */
  script(path, ...steps) {
    this.#scripts.set(path, { steps, next: 0 });
    return this.url(path);
  }

  /** The calls to `path`, in order of arrival; all calls without a path. */
  callsTo(path) {
    return path === undefined ? this.calls : this.calls.filter((call) => pathOf(call.path) === path);
  }

  /**
   * Waits until `count` calls that match have been read completely, and returns them.
   * @param {object} [want]
   * @param {string} [want.path]
   * @param {string} [want.type] the event's type
   * @param {(call: Call) => boolean} [want.match]
   * @param {number} [want.count] 1 by default
   * @param {number} [want.timeout] ms
   */
  async waitFor({ path, type, match, count = 1, timeout = kPatienceMs } = {}) {
    const wanted = (call) =>
      (path === undefined || pathOf(call.path) === path) &&
      (type === undefined || call.json?.type === type) &&
      (match === undefined || match(call));
    const have = () => this.calls.filter(wanted);
    const enough = new Promise((resolve) => {
      const look = () => {
        if (have().length < count) return;
        this.#arrivals.off('call', look);
        resolve(have());
      };
      this.#arrivals.on('call', look);
      look();
    });
    const what = () =>
      `${count} call(s)${path ? ` to ${path}` : ''}${type ? ` of ${type}` : ''}, got ${have().length}; ` +
      `all: ${JSON.stringify(this.calls.map((call) => [call.path, call.json?.type, call.attempt]))}`;
    return within(enough, timeout, what);
  }

  /** As waitFor, for one call. */
  async waitForOne(want = {}) {
    return (await this.waitFor(want))[0];
  }

  async stop() {
    for (const timer of this.#timers) clearInterval(timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /**
   * Waits until every connection is closed: so a dead sender's last calls have been read. Connections
   * that the kernel has taken and we have not come first, so one of our own is put behind them.
   */
  async disconnected(timeout = kPatienceMs) {
    const { port } = this.#server.address();
    const last = net.connect(port, '127.0.0.1');
    const ports = new Set();
    const look = (socket) => ports.add(socket.remotePort);
    this.#server.on('connection', look);
    const accepted = new Promise((resolve, reject) => {
      const check = () => ports.has(last.localPort) && resolve();
      last.on('connect', check); // Either side may hear of it first.
      last.on('error', reject);
      this.#server.on('connection', check);
      last.on('close', () => this.#server.off('connection', check));
    });
    try {
      await within(accepted, kPatienceMs, 'a connection of our own');
    } finally {
      this.#server.off('connection', look);
      last.destroy();
    }
    const closings = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await within(Promise.all(closings), timeout, 'all connections to close');
  }

  #serve(request, response) {
    const socket = request.socket;
    const call = {
      number: 0,
      connection: socket.number,
      method: request.method,
      path: request.url,
      headers: request.headers,
      id: request.headers['x-webhook-id'],
      attempt: Number(request.headers['x-webhook-attempt']),
      startedAt: performance.now(),
      answeredAt: undefined,
      over: false,
      raw: Buffer.alloc(0),
      plain: Buffer.alloc(0),
      json: undefined,
    };
    response.once('close', () => {
      call.over = true;
      call.answeredAt ??= performance.now();
    });
    const step = this.#nextStep(call);

    if (step.resetBeforeBody) {
      this.#remember(call);
      call.answeredAt = performance.now();
      socket.resetAndDestroy();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      call.raw = Buffer.concat(chunks);
      call.plain = decompress(call.raw);
      call.json = parse(call.plain);
      const chosen = typeof step === 'function' ? step(call) : step;
      this.#answer(call, chosen, socket, response);
      this.#remember(call);
    });
  }

  #nextStep(call) {
    const script = this.#scripts.get(pathOf(call.path));
    if (!script) return kDefaultStep;
    return script.steps[Math.min(script.next++, script.steps.length - 1)];
  }

  #remember(call) {
    call.number = this.calls.push(call);
    this.#arrivals.emit('call', call);
  }

  #answer(call, step, socket, response) {
    if (step.hang) return;
    const answered = () => (call.answeredAt = performance.now());
    if (step.resetAfterBody) {
      answered();
      socket.resetAndDestroy();
      return;
    }
    if (step.garbage !== undefined) {
      answered();
      socket.end(step.garbage);
      return;
    }
    const finish = () => {
      for (const status of step.informational ?? []) socket.write(`HTTP/1.1 ${status} Wait\r\n\r\n`);
      const headers = { ...step.headers };
      if (step.giantHeaderBytes) headers['x-giant'] = 'g'.repeat(step.giantHeaderBytes);
      if (step.close) headers.connection = 'close';
      const body = step.body ?? '';

      if (step.hangAfterHeaders || step.endless || step.drip || step.resetInAnswer) {
        if (step.drip) headers['content-length'] = 3600;
        response.writeHead(step.status ?? 200, headers);
        response.flushHeaders();
        if (step.resetInAnswer) {
          answered();
          response.write('half', () => socket.resetAndDestroy());
        }
        if (step.drip) this.#every(1000, socket, () => response.write('.'));
        if (step.endless) {
          const block = Buffer.alloc(64 * 1024, 'x');
          const pour = () => {
            while (!socket.destroyed && response.write(block));
          };
          response.on('drain', pour);
          pour();
        }
        return;
      }
      answered();
      response.writeHead(step.status ?? 200, { 'content-length': Buffer.byteLength(body), ...headers });
      response.end(body, () => {
        if (step.closeSilently) socket.end();
      });
    };
    if (step.until) {
      step.until.then(() => {
        if (!socket.destroyed) finish();
      });
    } else if (step.delayMs) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (!socket.destroyed) finish();
      }, step.delayMs);
      this.#timers.add(timer);
    } else {
      finish();
    }
  }

  #every(ms, socket, action) {
    const timer = setInterval(() => {
      if (!socket.destroyed) action();
    }, ms);
    this.#timers.add(timer);
    socket.once('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    });
  }
}

const pathOf = (target) => target.split('?', 1)[0];

function decompress(raw) {
  const isGzip = raw.length > 2 && raw[0] === 0x1f && raw[1] === 0x8b;
  return isGzip ? gunzipSync(raw) : raw;
}

function parse(plain) {
  try {
    return JSON.parse(plain.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Starts a receiver on a free port of 127.0.0.1. Stop it when done. */
export const startReceiver = () => new Receiver().listen();
