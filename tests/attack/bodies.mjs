// For every operation that a user token may call: a request by eve that would be carried out if eve may.
// eve is a member of messaging:dock, which olaf has created; `mine` and `theirs` are messages there, by
// eve and by olaf.

const dock = { type: 'messaging', id: 'dock' };
const mine = { id: 'mine', type: 'like' };

/**
 * What to send, by operation.
 * @typedef {object} Try
 * @property {object} [path] the path's parameters
 * @property {string} [query]
 * @property {object} [body]
 * @property {boolean} [writes] whether it puts something before others in a channel: what a ban or a
 *     frozen channel forbids
 */

/** @type {Record<string, Try>} */
export const kTries = {
  UpdateUsers: { body: { users: { eve: { id: 'eve', name: 'Eve' } } } },
  UpdateUsersPartial: { body: { users: [{ id: 'eve', set: { name: 'Eve' } }] } },
  QueryChannels: { body: { filter_conditions: { type: 'messaging' }, state: true } },
  DeleteChannels: { body: { cids: ['messaging:dock'] } },
  MarkChannelsRead: { body: {} },
  GetOrCreateDistinctChannel: { path: { type: 'messaging' }, body: { data: { members: ['eve', 'olaf'] } } },
  GetOrCreateChannel: { path: { ...dock, id: 'fresh' }, body: { data: { members: ['eve', 'olaf'] } } },
  GetChannel: { path: dock, query: 'state=true' },
  UpdateChannel: { path: dock, body: { data: { colour: 'red' }, message: { text: 'x' } }, writes: true },
  UpdateChannelPartial: { path: dock, body: { set: { colour: 'red' } } },
  DeleteChannel: { path: dock },
  MarkRead: { path: dock, body: {} },
  MarkUnread: { path: dock, body: { message_id: 'theirs' } },
  TruncateChannel: { path: dock, body: { message: { text: 'x' } }, writes: true },
  HideChannel: { path: dock, body: {} },
  ShowChannel: { path: dock, body: {} },
  SendEvent: { path: dock, body: { event: { type: 'poke' } }, writes: true },
  UpdateMemberPartial: { path: { ...dock, user_id: 'eve' }, body: { set: { shift: 'late' } } },
  QueryMembers: { query: `payload=${encodeURIComponent(JSON.stringify({ ...dock, filter_conditions: {} }))}` },
  SendMessage: { path: dock, body: { message: { text: 'x' } }, writes: true },
  GetManyMessages: { path: dock, query: 'ids=mine,theirs' },
  GetMessage: { path: mine },
  UpdateMessage: { path: mine, body: { message: { text: 'y' } }, writes: true },
  UpdateMessagePartial: { path: mine, body: { set: { text: 'y' } }, writes: true },
  RunMessageAction: { path: mine, body: { form_data: { a: 'b' } }, writes: true },
  DeleteMessage: { path: mine },
  GetReplies: { path: mine },
  SendReaction: { path: mine, body: { reaction: { type: 'love' } }, writes: true },
  DeleteReaction: { path: mine, writes: true },
  GetReactions: { path: mine },
  MuteUser: { body: { target_id: 'olaf' } },
  UnmuteUser: { body: { target_id: 'olaf' } },
  Ban: { body: { target_user_id: 'olaf', ...dock } },
  Unban: { body: {}, query: 'target_user_id=olaf&type=messaging&id=dock' },
  Flag: { body: { target_message_id: 'theirs' } },
  Unflag: { body: { target_message_id: 'theirs' } },
};
