/** Draws whole numbers evenly, from a seed, so that figures are reproducible. */
export function evenly(seed) {
  let state = seed;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}
