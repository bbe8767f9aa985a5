/**
 * @param {number[]} expected milliseconds of each step that has not ended, the running one first
 * @param {number} elapsed milliseconds since the running one began
 * @returns {number | undefined} milliseconds left; `undefined` when the running step is over its time
 */
export function timeLeft([running = 0, ...later], elapsed) {
  if (elapsed >= running) return undefined;
  return later.reduce((sum, duration) => sum + duration, running - elapsed);
}

/** In words, and never more exact than an estimate is. */
export function timeLeftInWords(left) {
  if (left === undefined) return 'taking longer than expected';
  const seconds = left / 1000;
  if (seconds < 3) return 'a moment left';
  if (seconds < 57) return `about ${seconds < 10 ? Math.ceil(seconds) : Math.round(seconds / 5) * 5} s left`;
  const quarters = Math.max(Math.round(seconds / 15), 4);
  const minutes = Math.floor(quarters / 4);
  const rest = (quarters % 4) * 15;
  return rest === 0 ? `about ${minutes} min left` : `about ${minutes} min ${rest} s left`;
}

/** A duration that was measured. */
export function inSeconds(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
