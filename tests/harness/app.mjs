// One tenant of a server: its keys, its clients, and the few set-up steps that every test needs.
import assert from 'node:assert/strict';
import { StreamChat } from 'stream-chat';
import { exchange } from './http.mjs';
import { signatureOf } from './receiver.mjs';
import { serverToken, userToken } from './token.mjs';
import { eventually, kPatienceMs } from './wait.mjs';

const kSdkTimeoutMs = kPatienceMs;

export class App {
  #server;
  #id;

  constructor(server, { id, key, secret }) {
    this.#server = server;
    this.#id = id;
    this.key = key;
    this.secret = secret;
  }

  get server() {
    return this.#server;
  }

  /** The id under which the admin API knows this app. */
  async id() {
    if (this.#id === undefined) {
      const { json } = await this.#server.admin('GET', '/apps');
      this.#id = json.apps.find((app) => app.keys.some((key) => key.key === this.key))?.id;
      assert.ok(this.#id !== undefined, `no app has the key ${this.key}`);
    }
    return this.#id;
  }

  serverToken(claims) {
    return serverToken(this.secret, claims);
  }

  userToken(userId, claims) {
    return userToken(userId, this.secret, claims);
  }

  /**
   * A raw API call. `body` is sent as JSON; a string or Buffer is sent as it is.
   * @param {object} [more]
   * @param {string} [more.as] a user id: with that user's token instead of the server's
   * @param {string | null} [more.token] any token; null sends none
   * @param {string | null} [more.key] any api_key; null sends none
   * @param {object} [more.headers]
   */
  request(method, path, body, { as, token, key = this.key, headers = {}, agent } = {}) {
    const authorization = token === undefined ? (as ? this.userToken(as) : this.serverToken()) : token;
    const query = key === null ? '' : `${path.includes('?') ? '&' : '?'}api_key=${encodeURIComponent(key)}`;
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    return exchange({
      origin: this.#server.origin,
      method,
      path: path + query,
      headers: {
        'stream-auth-type': 'jwt',
        'content-type': 'application/json',
        ...(authorization === null ? {} : { authorization }),
        ...headers,
      },
      body: body === undefined || isText ? body : JSON.stringify(body),
      agent,
    });
  }

  /** As request, but the answer must have the success status of its method; returns its JSON. */
  async call(method, path, body, more) {
    const answer = await this.request(method, path, body, more);
    const expected = method === 'POST' || method === 'PUT' ? 201 : 200;
    assert.equal(answer.status, expected, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** As request, but the answer must be an error of this status and code; returns its JSON. */
  async refuses(status, code, method, path, body, more) {
    const answer = await this.request(method, path, body, more);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.equal(answer.json?.code, code, answer.text);
    assert.equal(answer.json.StatusCode, status, answer.text);
    return answer.json;
  }

  /** The official SDK with the server's rights; `ext` becomes the x-stream-ext header. */
  client({ ext, secret = this.secret, key = this.key } = {}) {
    return new StreamChat(key, secret, {
      baseURL: this.#server.origin,
      timeout: kSdkTimeoutMs,
      ...(ext === undefined ? {} : { axiosRequestConfig: { headers: { 'x-stream-ext': ext } } }),
    });
  }

  // Set-up

  async users(...ids) {
    const users = Object.fromEntries(ids.map((id) => [id, { id, name: `Name of ${id}` }]));
    return this.call('POST', '/users', { users });
  }

  /** Creates users and a channel with all of them as members; the first one is the creator. */
  async channel(id, members, data = {}, type = 'messaging') {
    await this.users(...members);
    return this.call('POST', `/channels/${type}/${id}/query`, {
      data: { created_by_id: members[0], members, ...data },
    });
  }

  async send(channelId, message, more = {}, type = 'messaging') {
    return (await this.call('POST', `/channels/${type}/${channelId}/message`, { message, ...more })).message;
  }

  /** Replaces the hooks; each gets the type `webhook` and is enabled unless it says otherwise. */
  async hooks(...hooks) {
    const event_hooks = hooks.map((hook) => ({ hook_type: 'webhook', enabled: true, ...hook }));
    await this.call('PATCH', '/app', { event_hooks });
    return (await this.call('GET', '/app')).app.event_hooks;
  }

  /** One hook to `url` for these event types (all if none). */
  hook(url, ...eventTypes) {
    return this.hooks({ webhook_url: url, event_types: eventTypes });
  }

  // What became of deliveries

  async deliveries(query = {}) {
    const all = [];
    let cursor;
    do {
      const parameters = new URLSearchParams({
        app_id: await this.id(),
        limit: '100',
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const answer = await this.#server.admin('GET', `/deliveries?${parameters}`);
      assert.equal(answer.status, 200, answer.text);
      all.push(...answer.json.deliveries);
      cursor = answer.json.next ?? undefined;
    } while (cursor !== undefined);
    return all;
  }

  async delivery(id) {
    const answer = await this.#server.admin('GET', `/deliveries/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.delivery;
  }

  /** Waits until the delivery is in `state`, and returns it with its attempts. */
  deliveryIn(id, state, timeout = kPatienceMs) {
    return eventually(
      async () => {
        const delivery = await this.delivery(id);
        return delivery.state === state && delivery;
      },
      { timeout, what: `delivery ${id} in state ${state}` },
    );
  }

  /**
   * Waits until nothing is pending. An event's deliveries are stored before the call that caused
   * it is answered: so what did not arrive by then never will.
   */
  async drained(timeout = kPatienceMs) {
    const query = new URLSearchParams({ app_id: await this.id(), state: 'pending', limit: '1' });
    let answer;
    await eventually(
      async () => {
        answer = await this.#server.admin('GET', `/deliveries?${query}`);
        assert.equal(answer.status, 200, answer.text);
        return answer.json.deliveries.length === 0;
      },
      { timeout, what: () => `no pending deliveries; one is ${answer.text}` },
    );
  }

  /** Asserts what holds for every call of this app: method, headers, signature. */
  assertSigned(call) {
    assert.equal(call.method, 'POST');
    assert.equal(call.headers['content-type'], 'application/json');
    assert.match(call.id, kUuid);
    assert.match(call.headers['x-webhook-attempt'], /^[1-9]\d*$/);
    assert.equal(call.headers['x-api-key'], this.key);
    assert.equal(call.headers['x-signature'], signatureOf(call.plain, this.secret));
  }
}

export const kUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
