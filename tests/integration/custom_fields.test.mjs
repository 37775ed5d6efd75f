// Custom data leaves in one form: the text of numbers and the order of keys as they came, strings
// with the shortest escapes, no white space. Bodies are written by hand here, and looked for as
// text: JSON.parse and JSON.stringify would hide the damage.
import assert from 'node:assert/strict';
import { suite } from '../harness/suite.mjs';

/** Values whose text a careless server changes. */
const kValues = {
  trailing_zero: '1.10',
  huge: '1e300',
  tiny: '1E-400',
  long: '12345678901234567890',
  longer: '123456789012345678901234567890.1234567890',
  minus_zero: '-0',
  minus_zero_point: '-0.0',
  exponent: '1.0E+2',
  nested: '{"b":1.10,"a":[-0,1e308,{"z":12345678901234567890}]}',
  empty_object: '{}',
  empty_array: '[]',
  nothing: 'null',
  yes: 'true',
  unicode: '"\u00fc\u65e5\u{1f600}"',
  quotes: '"a\\"b\\\\c"',
};
const kFields = Object.entries(kValues).map(([name, value]) => `"x_${name}":${value}`);
const kCustom = kFields.join(',');

/** Each field must stand somewhere in `text`, byte for byte. */
function assertKept(text, where) {
  for (const field of kFields) assert.ok(text.includes(field), `${where} lost ${field}:\n${text.slice(0, 3000)}`);
}

suite('custom fields are kept to the byte', ({ test, newApp, receiver, path }) => {
  const harbour = async (type) => {
    const app = await newApp();
    await app.channel('dock', ['mara', 'olaf']);
    const hook = path();
    if (type) await app.hook(receiver().url(hook), type);
    return { app, payload: async () => (await receiver().waitForOne({ path: hook, type })).plain.toString() };
  };
  const ok = async (promise) => {
    const answer = await promise;
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    return answer.text;
  };

  test('in messages', async () => {
    const { app, payload } = await harbour('message.new');
    const body = `{"message":{"id":"m","text":"x","user_id":"mara",${kCustom}}}`;
    assertKept(await ok(app.request('POST', '/channels/messaging/dock/message', body)), 'SendMessage');
    assertKept(await payload(), 'message.new');
    assertKept(await ok(app.request('GET', '/messages/m')), 'GetMessage');
    assertKept(await ok(app.request('POST', '/channels/messaging/dock/query', '{"state":true}')), 'the channel state');
  });

  test('in updated messages, full and partial', async () => {
    const { app } = await harbour();
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    assertKept(await ok(app.request('POST', '/messages/m', `{"message":{"id":"m","text":"y","user_id":"mara",${kCustom}}}`)), 'UpdateMessage');
    assertKept(await ok(app.request('PUT', '/messages/m', '{"set":{"text":"z"},"user_id":"mara"}')), 'an untouched partial update');
    await app.send('dock', { id: 'n', text: 'x', user_id: 'mara' });
    assertKept(await ok(app.request('PUT', '/messages/n', `{"set":{${kCustom}},"user_id":"mara"}`)), 'UpdateMessagePartial');
    assertKept(await ok(app.request('GET', '/messages/n')), 'GetMessage');
  });

  test('in attachments, with the order of their keys', async () => {
    const { app, payload } = await harbour('message.new');
    const attachment = `{"zebra":1,"type":"cargo",${kCustom},"apple":2}`;
    const body = `{"message":{"text":"x","user_id":"mara","attachments":[${attachment}]}}`;
    assertKept(await ok(app.request('POST', '/channels/messaging/dock/message', body)), 'SendMessage');
    assertKept(await payload(), 'message.new');
  });

  test('in users', async () => {
    const { app, payload } = await harbour('user.updated');
    assertKept(await ok(app.request('POST', '/users', `{"users":{"ines":{"id":"ines",${kCustom}}}}`)), 'UpdateUsers');
    assertKept(await payload(), 'user.updated');
    const query = encodeURIComponent('{"filter_conditions":{"id":"ines"}}');
    assertKept(await ok(app.request('GET', `/users?payload=${query}`)), 'QueryUsers');
    assertKept(await ok(app.request('PATCH', '/users', '{"users":[{"id":"ines","set":{"name":"I"}}]}')), 'UpdateUsersPartial');
  });

  test("in the sender of a message", async () => {
    const { app, payload } = await harbour('message.new');
    await ok(app.request('POST', '/users', `{"users":{"mara":{"id":"mara",${kCustom}}}}`));
    await app.send('dock', { text: 'x', user_id: 'mara' });
    const text = await payload();
    assertKept(text, 'message.new');
    const { user, message, members } = JSON.parse(text);
    for (const carrier of [user, message.user, members[0].user]) assert.equal(carrier.x_yes, true);
  });

  test('in channels', async () => {
    const { app, payload } = await harbour('channel.created');
    const body = `{"data":{"created_by_id":"mara","members":["mara"],${kCustom}}}`;
    assertKept(await ok(app.request('POST', '/channels/messaging/cargo/query', body)), 'GetOrCreateChannel');
    assertKept(await payload(), 'channel.created');
    assertKept(await ok(app.request('POST', '/channels', '{"filter_conditions":{"id":"cargo"},"state":true}')), 'QueryChannels');
    await ok(app.request('POST', '/channels/messaging/dock', `{"data":{${kCustom}}}`));
    assertKept(await ok(app.request('PATCH', '/channels/messaging/dock', '{"set":{"other":1}}')), 'UpdateChannelPartial');
  });

  test('in members', async () => {
    const { app, payload } = await harbour('member.added');
    await app.users('ines');
    await ok(app.request('POST', '/channels/messaging/dock', `{"add_members":[{"user_id":"ines",${kCustom}}]}`));
    assertKept(await payload(), 'member.added');
    const query = encodeURIComponent('{"type":"messaging","id":"dock","filter_conditions":{"id":"ines"}}');
    assertKept(await ok(app.request('GET', `/members?payload=${query}`)), 'QueryMembers');
    const changed = app.request('PATCH', '/channels/messaging/dock/member/olaf', `{"set":{${kCustom}}}`);
    assertKept(await ok(changed), 'UpdateMemberPartial');
  });

  test('in reactions', async () => {
    const { app, payload } = await harbour('reaction.new');
    await app.send('dock', { id: 'm', text: 'x', user_id: 'mara' });
    const body = `{"reaction":{"type":"like","user_id":"olaf",${kCustom}}}`;
    assertKept(await ok(app.request('POST', '/messages/m/reaction', body)), 'SendReaction');
    assertKept(await payload(), 'reaction.new');
    assertKept(await ok(app.request('GET', '/messages/m/reactions')), 'GetReactions');
  });

  test('in custom events', async () => {
    const { app, payload } = await harbour('crane_moved');
    const body = `{"event":{"type":"crane_moved","user_id":"mara",${kCustom}}}`;
    assertKept(await ok(app.request('POST', '/channels/messaging/dock/event', body)), 'SendEvent');
    assertKept(await payload(), 'crane_moved');
  });

  test('in custom user events', async () => {
    const { app, payload } = await harbour('shift_over');
    await ok(app.request('POST', '/users/mara/event', `{"event":{"type":"shift_over",${kCustom}}}`));
    assertKept(await payload(), 'shift_over');
  });

  test('in canonical form, however they were written', async () => {
    const { app, payload } = await harbour('message.new');
    const body = ` { "message" : { "text" : "x" , "user_id":"mara", "x_a" : 1 , "x_s":"caf\\u00e9 \\/ \\u0041\\ud83d\\ude00\\u000a",
      "x_a":[ 1.10 , {"k" : 1, "\\u006b":2} ], "x_half":"\\ud83d!","x_\\udc00":"\\ufffe", "attachments":[ {"type":"t", "n" : [ 1 ] } ] } } `;
    const kept = ['"x_a":[1.10,{"k":2}],"x_s":"café / A😀\\n","x_half":"\ufffd!","x_\ufffd":"\\ufffe"', '[{"type":"t","n":[1]}]'];
    const answer = await ok(app.request('POST', '/channels/messaging/dock/message', body));
    const event = await payload();
    for (const text of kept) {
      assert.ok(answer.includes(text), answer);
      assert.ok(event.includes(text), event);
    }
  });

  test('numbers that no double holds are refused', async () => {
    const { app } = await harbour();
    for (const number of ['1e400', '-1e309', '9'.repeat(5000), '1'.repeat(41), '0.' + '7'.repeat(41)]) {
      for (const [method, url, body] of [
        ['POST', '/channels/messaging/dock/message', `{"message":{"text":"x","user_id":"mara","n":[${number}]}}`],
        ['POST', '/users', `{"users":{"ines":{"id":"ines","n":${number}}}}`],
        ['PATCH', '/channels/messaging/dock', `{"set":{"n":{"m":${number}}}}`],
      ]) {
        const answer = await app.request(method, url, body);
        assert.equal(answer.status, 400, `${url} ${number}`);
        assert.equal(JSON.parse(answer.text).code, 4);
      }
    }
  });

  test('text with every kind of character is one and the same', async () => {
    const { app, payload } = await harbour('message.new');
    const text = 'q" b\\ n\n t\t u\u0001 \u007f \u2028\u2029 é 日本 😀 </script> \u0000 end';
    const sent = await app.send('dock', { text, user_id: 'mara' });
    assert.equal(sent.text, text);
    assert.equal(JSON.parse(await payload()).message.text, text);
  });

  test('a field cannot pose as a built-in one', async () => {
    const { app, payload } = await harbour('message.new');
    const body = { message: { text: 'x', user_id: 'mara', reply_count: 99, shadowed: true, latest_reactions: [{ type: 'fake' }] } };
    const answer = await app.request('POST', '/channels/messaging/dock/message', body);
    if (answer.status === 400) return; // Reserved: refusing is as good as ignoring.
    assert.equal(answer.status, 201, answer.text);
    const text = await payload();
    for (const name of ['reply_count', 'shadowed', 'latest_reactions']) {
      assert.equal(text.split('"message":')[1].split(`"${name}":`).length - 1, 1, `${name} stands there twice`);
    }
    const { message } = JSON.parse(text);
    assert.equal(message.reply_count, 0);
    assert.deepEqual(message.latest_reactions, []);
  });
}, { concurrency: 4 });
