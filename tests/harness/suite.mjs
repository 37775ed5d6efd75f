// What a test file says first: one server (and one receiver) for the file, and a `test` that shows
// the end of the server's log when it fails.
import { after, before, describe, test as plainTest } from 'node:test';
import { startReceiver } from './receiver.mjs';
import { startServer } from './server.mjs';

const kTestTimeoutMs = 240_000;
const kLogLinesShown = 30;

/**
 * Declares a suite whose tests may run at the same time: each takes an app of its own.
 * @param {string} name
 * @param {(suite: {test: Function, server: () => Server, receiver: () => Receiver}) => void} body
 * @param {object} [options]
 * @param {object} [options.server] for startServer
 * @param {number} [options.concurrency] tests at the same time; 1 by default
 */
export function suite(name, body, { server: serverOptions = {}, concurrency = 1 } = {}) {
  describe(name, { concurrency }, () => {
    let server;
    let receiver;
    before(async () => {
      receiver = await startReceiver();
      server = await startServer(serverOptions);
    });
    after(async () => {
      await server?.dispose();
      await receiver?.stop();
    });

    const test = (title, run, { timeout = kTestTimeoutMs } = {}) =>
      plainTest(title, { timeout }, async (context) => {
        try {
          await run(context);
        } catch (error) {
          const lines = (server?.log ?? '').trimEnd().split('\n').slice(-kLogLinesShown);
          context.diagnostic(`server log (end):\n${lines.join('\n')}`);
          throw error;
        }
      });

    let paths = 0;
    /** A path of the receiver that no other test uses. */
    const path = () => `/hook-${++paths}`;

    body({ test, path, server: () => server, receiver: () => receiver, newApp: (options) => server.newApp(options) });
  });
}
