import type { AnyVerdict } from '../api/verification.js';

/** A {@link Verdict} while it is made: with the members of every code. */
export type FlatVerdict = AnyVerdict;
