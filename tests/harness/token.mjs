// JWTs as Stream's SDKs make them (HS256 over the raw bytes of the secret), written out here so
// that tests can also make the wrong ones.
import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs `claims` with `secret`; `header` overrides the usual one. */
export function sign(claims, secret, header = { alg: 'HS256', typ: 'JWT' }) {
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

export const serverToken = (secret, claims = {}) => sign({ server: true, ...claims }, secret);
export const userToken = (userId, secret, claims = {}) => sign({ user_id: userId, ...claims }, secret);
