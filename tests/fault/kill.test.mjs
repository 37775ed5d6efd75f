// kill -9 under load, again and again: nothing that was answered 201 may be lost.
//
// Each round: 32 senders write messages as fast as they can over keep-alive connections, the process
// is killed at a random moment, started again on the same data, and given time until nothing is
// pending. A message answered 201 must be readable and delivered. A delivery may be called again only
// by a later process, and only if its first call was in flight at the kill: had its outcome been
// recorded, the record would now show two attempts.
//
// HOOKLINE_KILL_ROUNDS and HOOKLINE_KILL_SEED change the number of rounds and replay the moments.
import assert from 'node:assert/strict';
import http from 'node:http';
import { suite } from '../harness/suite.mjs';
import { pause } from '../harness/wait.mjs';

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
    const unsigned = [];
    receiver().script(hook, (call) => {
      try {
        app.assertSigned(call);
      } catch (error) {
        unsigned.push(error);
      }
      // A hundred thousand bodies would fill the memory; the message's id is all that is needed.
      call.json = { message_id: call.json?.message_id };
      call.raw = call.plain = undefined;
      return { status: 200 };
    });
    await app.hook(receiver().url(hook), 'message.new');

    const accepted = new Set();
    const kills = []; // When each process was gone.
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
      await receiver().disconnected(); // So that the dead process's last calls count as its own.
      kills.push(performance.now());
      const before = performance.now();
      await server().start();
      return performance.now() - before;
    };

    let slowestStart = 0;
    for (let number = 0; number < kRounds; ++number) {
      slowestStart = Math.max(slowestStart, await round(number));
      await app.drained();
    }

    const calls = receiver().callsTo(hook);
    assert.deepEqual(unsigned, [], `seed ${seed}: badly signed calls`);
    const byMessage = new Map(); // Message id to X-Webhook-Ids.
    const byDelivery = new Map(); // X-Webhook-Id to its calls.
    for (const call of calls) {
      const id = call.json.message_id;
      byMessage.set(id, (byMessage.get(id) ?? new Set()).add(call.id));
      if (byDelivery.has(call.id)) byDelivery.get(call.id).push(call);
      else byDelivery.set(call.id, [call]);
    }
    /** Which process made the call: the number of kills before it. */
    const life = (call) => kills.filter((at) => at <= call.startedAt).length;
    const repeated = [...byDelivery.values()].filter((each) => each.length > 1);
    const twiceInOneLife = repeated.filter((each) => new Set(each.map(life)).size < each.length);
    const repeatsAtKill = kills.map((_, i) => repeated.filter((each) => each.some((call) => life(call) === i) && life(each.at(-1)) > i).length);
    const lost = [...accepted].filter((id) => !byMessage.has(id));
    const twice = [...byMessage].filter(([, deliveries]) => deliveries.size > 1).map(([id]) => id);
    const duplicates = calls.length - byDelivery.size;
    context.diagnostic(
      `${kRounds} kills, ${sent} sent, ${accepted.size} accepted, ${unsure} unanswered, ${refused} refused, ` +
      `${calls.length} calls, ${duplicates} duplicates (at most ${Math.max(...repeatsAtKill)} at one kill), slowest start ${Math.round(slowestStart)} ms`,
    );

    assert.ok(accepted.size > kRounds * 10, `only ${accepted.size} messages were accepted: the test shows nothing`);
    assert.deepEqual(lost, [], `seed ${seed}: accepted, never delivered`);
    assert.deepEqual(twice, [], `seed ${seed}: one event under several X-Webhook-Ids`);
    assert.deepEqual(twiceInOneLife.map(([call]) => call.id), [], `seed ${seed}: called twice by one process`);
    for (const [{ id }] of repeated) {
      const delivery = await app.delivery(id);
      assert.equal(delivery.attempts, 1, `seed ${seed}: ${id} was recorded and called again`);
    }
    assert.ok(calls.every((call) => call.attempt === 1), `seed ${seed}: a kill must not count as an attempt`);

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
    assert.deepEqual(await app.deliveries({ state: 'dead' }), [], `seed ${seed}: dead letters`);
  }, { timeout: kTestTimeoutMs });
});
