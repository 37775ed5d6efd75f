// kill -9 under load, again and again: nothing that was answered 201 may be lost.
//
// Each round: 32 senders write messages as fast as they can over keep-alive connections, the process
// is killed at a random moment, started again on the same data, and given time until nothing is
// pending. A message answered 201 must be readable and delivered; a duplicate delivery is allowed
// only for what was in flight at a kill.
//
// HOOKLINE_KILL_ROUNDS and HOOKLINE_KILL_SEED change the number of rounds and replay the moments.
import assert from 'node:assert/strict';
import http from 'node:http';
import { suite } from '../harness/suite.mjs';
import { eventually, pause } from '../harness/wait.mjs';

const kRounds = Number(process.env.HOOKLINE_KILL_ROUNDS ?? 24);
const kSenders = 32;
const kEarliestMs = 200;
const kLatestMs = 1500;
const kTestTimeoutMs = 600_000;

/** mulberry32: small, and the same everywhere for a seed. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

suite('kill -9', ({ test, server, receiver, path }) => {
  test(`${kRounds} times under load`, async (context) => {
    const seed = Number(process.env.HOOKLINE_KILL_SEED ?? Date.now() % 2 ** 32);
    const next = random(seed);
    context.diagnostic(`seed ${seed}`);
    const { app } = server();
    await app.channel('storm', ['mara', 'olaf']);
    const hook = path();
    await app.hook(receiver().url(hook), 'message.new');

    const accepted = new Set();
    let sent = 0;
    let unsure = 0; // Sent, and never answered.
    let refused = 0; // Answered, but not with 201.

    const round = async (number) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: kSenders });
      let over = false;
      const send = async (sender) => {
        for (let i = 0; !over; ++i) {
          const id = `r${number}-s${sender}-${i}`;
          ++sent;
          try {
            const answer = await app.request('POST', '/channels/messaging/storm/message',
              { message: { id, text: `message ${id}`, user_id: 'mara' } }, { agent });
            if (answer.status === 201) accepted.add(id);
            else ++refused;
          } catch {
            ++unsure;
            return; // The process is gone.
          }
        }
      };
      const senders = Array.from({ length: kSenders }, (_, sender) => send(sender));
      await pause(kEarliestMs + next() * (kLatestMs - kEarliestMs));
      await server().kill();
      over = true;
      await Promise.all(senders);
      agent.destroy();
      const before = performance.now();
      await server().start();
      return performance.now() - before;
    };

    let slowestStart = 0;
    let inFlightAtKills = 0;
    for (let number = 0; number < kRounds; ++number) {
      const unsureBefore = unsure;
      slowestStart = Math.max(slowestStart, await round(number));
      // What the server had accepted and not recorded as delivered when it died is at most what had
      // no recorded outcome: everything pending now.
      const pending = await app.deliveries({ state: 'pending' });
      inFlightAtKills += pending.length + (unsure - unsureBefore);
      await app.drained(60_000);
    }

    const calls = receiver().callsTo(hook);
    for (const call of calls) app.assertSigned(call);
    const byMessage = new Map();
    for (const call of calls) {
      const id = call.json.message_id;
      if (!byMessage.has(id)) byMessage.set(id, new Set());
      byMessage.get(id).add(call.id);
    }
    const lost = [...accepted].filter((id) => !byMessage.has(id));
    const twice = [...byMessage].filter(([, deliveries]) => deliveries.size > 1).map(([id]) => id);
    const duplicates = calls.length - byMessage.size;
    context.diagnostic(
      `${kRounds} kills, ${sent} sent, ${accepted.size} accepted, ${unsure} unanswered, ${refused} refused, ` +
      `${calls.length} calls, ${duplicates} duplicates, slowest start ${Math.round(slowestStart)} ms`,
    );

    assert.ok(accepted.size > kRounds * 10, `only ${accepted.size} messages were accepted: the test shows nothing`);
    assert.deepEqual(lost, [], `seed ${seed}: accepted, never delivered`);
    assert.deepEqual(twice, [], `seed ${seed}: one event under several X-Webhook-Ids`);
    assert.ok(duplicates <= inFlightAtKills, `seed ${seed}: ${duplicates} duplicates, ${inFlightAtKills} were in flight`);

    // What was delivered though it was never answered must exist too; it was committed.
    const known = [...new Set([...accepted, ...byMessage.keys()])];
    const unreadable = [];
    const kIdsPerRequest = 100;
    for (let i = 0; i < known.length; i += kIdsPerRequest) {
      const ids = known.slice(i, i + kIdsPerRequest);
      const { messages } = await app.call('GET', `/channels/messaging/storm/messages?ids=${ids.join(',')}`);
      const found = new Set(messages.map((message) => message.id));
      unreadable.push(...ids.filter((id) => !found.has(id)));
    }
    assert.deepEqual(unreadable, [], `seed ${seed}: accepted or announced, not readable`);
    await eventually(async () => (await app.deliveries({ state: 'dead' })).length === 0, { timeout: 1000, what: 'no dead letters' });
  }, { timeout: kTestTimeoutMs });
});
