// How much memory a process has used, and crowds of connections that want it to use more.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { statusOf } from './http.mjs';

/** The most memory that the process has had resident so far, in MiB. */
export function peakMiB(pid) {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}

/** Sanitizers keep memory of their own, so that the process's says nothing. */
export const countsMemory = !Object.keys(process.env).some((name) => /^[A-Z]+SAN_OPTIONS$/.test(name)) ||
  process.env.HOOKLINE_BIN?.includes('release') === true;

/**
 * Opens connections that each send `bytes` and then nothing more. They never read unless `reads`.
 * Returned is a list with, for each, what has come (`text`), its `status` (0 before the answer) and
 * whether it has ended (`closed`); all are destroyed after the test.
 */
export async function crowd(context, origin, count, bytes, { reads = true } = {}) {
  const { hostname, port } = new URL(origin);
  const members = [];
  context.after(() => members.forEach(({ socket }) => socket.destroy()));
  const kAtOnce = 100; // The backlog of the listener is no subject here.
  for (let at = 0; at < count; at += kAtOnce) {
    await Promise.all(Array.from({ length: Math.min(kAtOnce, count - at) }, (_, i) => new Promise((resolve) => {
      const socket = net.connect(Number(port), hostname);
      const member = { socket, text: '', closed: false, get status() { return statusOf(this.text); } };
      members.push(member);
      socket.on('error', () => {});
      socket.on('close', () => { member.closed = true; resolve(); });
      if (reads) socket.on('data', (chunk) => (member.text += chunk.toString('latin1')));
      socket.on('connect', () => { socket.write(typeof bytes === 'function' ? bytes(at + i) : bytes); resolve(); });
    })));
  }
  return members;
}

/** How many of them have got an answer of this status. */
export const countOf = (members, status) => members.filter((member) => member.status === status).length;
