// A name server that answers as it is told, or not at all, and remembers what it was asked.
import dgram from 'node:dgram';

const kTypeA = 1;

class NameServer {
  /** Names whose IPv4 address was asked for, in order, each time. */
  questions = [];

  #socket = dgram.createSocket('udp4');
  #answer;

  constructor(answer) {
    this.#answer = answer;
    this.#socket.on('message', (question, peer) => this.#onQuestion(question, peer));
  }

  async listen() {
    await new Promise((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return this;
  }

  /** For HOOKLINE_RESOLVER_SERVERS. */
  get text() {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop() {
    return new Promise((resolve) => this.#socket.close(resolve));
  }

  #onQuestion(question, peer) {
    const labels = [];
    let at = 12;
    while (question[at] > 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
      at += question[at] + 1;
    }
    const end = at + 5;
    const type = question.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    if (type === kTypeA) this.questions.push(name);
    const address = this.#answer(name, type === kTypeA);
    if (address === undefined) return;
    const records = address !== null && type === kTypeA ? [address] : [];
    const head = Buffer.from(question.subarray(0, end));
    head.writeUInt16BE(address === null ? 0x8183 : 0x8180, 2); // No such name, or all is well.
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    const bodies = records.map((text) => Buffer.from([
      0xc0, 12, 0, kTypeA, 0, 1, 0, 0, 0, 5, 0, 4, ...text.split('.').map(Number),
    ]));
    this.#socket.send(Buffer.concat([head, ...bodies]), peer.port, peer.address);
  }
}

/**
 * Starts a name server on loopback.
 * @param {(name: string, first: boolean) => string | null | undefined} answer the name's IPv4
 *   address; null: there is no such name; undefined: say nothing. `first` is true for the question
 *   for IPv4 addresses, false for the one for IPv6 addresses that comes along with it.
 */
export const startNameServer = (answer) => new NameServer(answer).listen();
