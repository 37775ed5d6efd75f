// A flow through the official Java client, unmodified (java/Flow.java). The client sets webhooks in the
// older way, so its app is one of those. scripts/install-deps.sh brings a JDK and the client's jars.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { suite } from '../harness/suite.mjs';
import { kPatienceMs, within } from '../harness/wait.mjs';

const kCompileMs = 180_000;
const kFlowMs = 180_000;

const jars = fileURLToPath(new URL('../../build/java/jars', import.meta.url));
const classes = fileURLToPath(new URL('../../build/java/classes', import.meta.url));
const source = fileURLToPath(new URL('java/Flow.java', import.meta.url));

suite('the official Java client', ({ test, newApp, receiver, path }) => {
  test('settings, users, channels, messages, reactions and signatures', async (context) => {
    if (!existsSync(jars)) return context.skip('the jars are not there: scripts/install-deps.sh clients fetches them');
    mkdirSync(classes, { recursive: true });
    execFileSync('javac', ['-nowarn', '-cp', `${jars}/*`, '-d', classes, source], { timeout: kCompileMs });

    const app = await newApp({ use_hook_v2: false });
    const hook = path();
    const settings = { apiKey: app.key, apiSecret: app.secret, url: app.server.origin, timeout: String(kPatienceMs) };
    const properties = Object.entries(settings).map(([name, value]) => `-Dio.getstream.chat.${name}=${value}`);
    const flow = spawn('java', [...properties, '-cp', `${jars}/*:${classes}`, 'Flow', receiver().url(hook)], { stdio: 'pipe' });
    let errors = '';
    flow.stderr.on('data', (chunk) => (errors += chunk));
    const ended = new Promise((resolve, reject) => {
      flow.once('error', reject);
      flow.once('close', resolve);
    });
    context.after(() => flow.kill('SIGKILL'));
    const lines = createInterface({ input: flow.stdout })[Symbol.asyncIterator]();
    const line = async () => (await within(lines.next(), kFlowMs, () => `a line of the flow\n${errors}`)).value;
    assert.equal(await line(), 'done', errors);

    await app.drained();
    const calls = receiver().callsTo(hook);
    assert.deepEqual(calls.map((call) => call.json.type).sort(),
      ['channel.created', 'message.deleted', 'message.new', 'message.updated', 'message.updated', 'reaction.new']);
    for (const call of calls) {
      app.assertSigned(call);
      const good = call.headers['x-signature'];
      for (const [signature, expected] of [[good, 'true'], [good.replace(/^./, (c) => (c === '0' ? '1' : '0')), 'false']]) {
        flow.stdin.write(`${signature} ${call.plain.toString('base64')}\n`);
        assert.equal(await line(), expected, errors);
      }
    }
    flow.stdin.end();
    assert.equal(await within(ended, kPatienceMs, 'the end of the flow'), 0, errors);
  }, { timeout: kCompileMs + 2 * kFlowMs });
});
