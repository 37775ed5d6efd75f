// Requests exactly as the test writes them: no path normalisation, no JSON re-encoding, any header.
import http from 'node:http';
import net from 'node:net';
import { kPatienceMs, within } from './wait.mjs';

/**
 * Sends one request and reads the whole answer.
 * @param {object} request
 * @param {string} request.origin e.g. http://127.0.0.1:4321
 * @param {string} request.method
 * @param {string} request.path with the query, sent as it is
 * @param {object} [request.headers]
 * @param {string | Buffer} [request.body] sent as it is
 * @param {http.Agent} [request.agent]
 * @returns {Promise<{status: number, headers: object, text: string, json: any}>} json is undefined
 *     when the answer is no JSON
 */
export function exchange({ origin, method, path, headers = {}, body, agent, timeout = kPatienceMs }) {
  const { hostname, port } = new URL(origin);
  const answer = new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: response.statusCode, headers: response.headers, text, json });
      });
    });
    request.on('error', reject);
    if (body !== undefined) request.setHeader('content-length', Buffer.byteLength(body));
    request.end(body);
  });
  return within(answer, timeout, `${method} ${path}`);
}

/**
 * Writes bytes to the server and returns what it says until it closes the connection, until
 * `enough(text)` holds, or until the deadline (which is an error).
 */
export function rawExchange(origin, bytes, { timeout = kPatienceMs, enough = () => false } = {}) {
  const { hostname, port } = new URL(origin);
  const socket = net.connect(Number(port), hostname);
  const answer = new Promise((resolve, reject) => {
    const chunks = [];
    const text = () => Buffer.concat(chunks).toString('latin1');
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (enough(text())) resolve(text());
    });
    socket.on('close', () => resolve(text()));
    // A server that refuses early resets the connection; what it said before is the answer.
    socket.on('error', (error) => (chunks.length > 0 ? resolve(text()) : reject(error)));
  });
  return within(answer, timeout, 'an answer to raw bytes').finally(() => socket.destroy());
}

/** The status of a raw HTTP/1.1 answer, or 0 if there is none. */
export const statusOf = (text) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
