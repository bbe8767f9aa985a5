/**
 * How long a revocation takes to be honoured everywhere: many isolates verify one token by their
 * caches, read the change feed when the window is over, over a network with delays and losses.
 */

/** Random numbers from 0 to below 1, the same for the same seed (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One isolate from some windows before the revocation, at 0, until the window and the slowest read
 * are over. Times are in seconds.
 *
 * @returns when the last verification began that accepted the token (0 if none did after the
 *   revocation), and how its verifications after the revocation ended
 */
function isolate({ window, rate, latency, loss, timeout }, random) {
  const exponential = (mean) => -Math.log(1 - random()) * mean;
  // The start of the last read of the feed, and whether that read saw the revocation.
  let readAt = Number.NEGATIVE_INFINITY;
  let saw = false;
  let last = 0;
  const after = { accepted: 0, refused: 0, unavailable: 0 };
  const end = window * 2 + timeout;
  // Isolates did not start together, so their windows do not end together.
  for (let now = -window * (2 + random()); now < end; now += exponential(1 / rate)) {
    let outcome;
    if (now - readAt >= window) {
      const takes = latency + exponential(latency);
      // A lost read ends after the timeout; what waits for it is answered store_unavailable.
      if (random() < loss || takes > timeout) outcome = 'unavailable';
      else {
        readAt = now;
        saw = now + takes * random() >= 0;
      }
    }
    outcome ??= saw ? 'refused' : 'accepted';
    if (now < 0) continue;
    after[outcome] += 1;
    if (outcome === 'accepted') last = now;
  }
  return { last, after };
}

/**
 * Simulates isolates that each verify the token at `rate` per second.
 *
 * @param {{ isolates: number, window: number, rate: number, latency: number, loss: number, timeout: number, seed: number }} settings
 */
export function simulate({ isolates, seed, ...settings }) {
  const random = generator(seed);
  const lasts = new Float64Array(isolates);
  const total = { accepted: 0, refused: 0, unavailable: 0 };
  for (let at = 0; at < isolates; at++) {
    const { last, after } = isolate(settings, random);
    lasts[at] = last;
    for (const [outcome, count] of Object.entries(after)) total[outcome] += count;
  }
  lasts.sort();
  const quantile = (share) => lasts[Math.min(isolates - 1, Math.floor(isolates * share))];
  return {
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    longest: lasts[isolates - 1],
    unavailable: total.unavailable / (total.accepted + total.refused + total.unavailable),
  };
}
