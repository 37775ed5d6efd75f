// Waiting without guessing: for an event that someone announces, or for a state that can only be
// asked for. Every wait has a deadline and says what it waited for.

/**
 * How long to wait for what must come. Nothing is shown by it but that something never comes, so it is as
 * long as the slowest machine could need, under a sanitizer and beside other work.
 */
export const kPatienceMs = 60_000;

/** Resolves after `ms`. For scripted receivers that must be slow; never to synchronise a test. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const textOf = (what) => (typeof what === 'function' ? what() : what);

/**
 * Rejects if `promise` has not settled after `timeout` ms.
 * @param {Promise<T>} promise
 * @param {number} timeout
 * @param {string | (() => string)} what named in the error
 */
export function within(promise, timeout, what) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`timed out after ${timeout} ms: ${textOf(what)}`));
    }, timeout);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/**
 * Asks until `probe` answers something truthy, and returns that.
 * For state behind an API that announces nothing. An error thrown by the probe ends the wait.
 */
export async function eventually(probe, { timeout = kPatienceMs, interval = 25, what = 'a condition' } = {}) {
  const deadline = performance.now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() >= deadline) throw new Error(`timed out after ${timeout} ms: ${textOf(what)}`);
    await pause(interval);
  }
}
