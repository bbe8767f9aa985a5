/**
 * The time left of a run of steps, from their last durations on this machine: a first build takes
 * minutes, and a number that counts down tells it from one that hangs.
 */

/**
 * @param {number[]} expected milliseconds of each step that has not ended, the running one first
 * @param {number} elapsed milliseconds since the running one began
 * @returns {number | undefined} milliseconds left; `undefined` when the running step is over its time
 */
export function timeLeft([running = 0, ...later], elapsed) {
  if (elapsed >= running) return undefined;
  return later.reduce((sum, duration) => sum + duration, running - elapsed);
}

/** As text, as exact as an estimate can be. */
export function timeLeftInWords(left) {
  if (left === undefined) return 'taking longer than expected';
  const seconds = Math.ceil(left / 5_000) * 5;
  return seconds < 60 ? `about ${seconds} s left` : `about ${Math.round(seconds / 60)} min left`;
}

/** A measured duration as text. */
export function inSeconds(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
