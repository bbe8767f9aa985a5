import { LeastkeyError } from '../api/errors.js';

/**
 * Fills `bytes` from a random number generator.
 *
 * @throws {LeastkeyError} `rng_failed` if it throws, or gives only zeros.
 */
export function fillRandom(bytes: Uint8Array, generate: (bytes: Uint8Array) => void): void {
  let failure: { cause?: unknown } = {};
  try {
    generate(bytes);
    // Only a broken generator leaves all bytes zero.
    for (const byte of bytes) if (byte !== 0) return;
  } catch (cause) {
    failure = { cause };
  }
  throw new LeastkeyError('rng_failed', 'the random number generator failed; nothing was made', failure);
}
