/** The promises of a store that the kit checks, and what a broken one means for tokens. */

/** A promise of docs/storage.md by its name in a report. */
export type PromiseId =
  | 'whole-commits'
  | 'compare-and-swap'
  | 'linearizable-reads'
  | 'durable-commits'
  | 'byte-order'
  | 'unchanged-values'
  | 'no-early-expiry'
  | 'one-moment'
  | 'calls'
  | 'true-answers'
  | 'bounds'
  | 'time'
  | 'refusals'
  | 'sweeping';

export interface StorePromise {
  /** The number in the list of docs/storage.md, for those in that list. */
  number?: number;
  /** What the store promises. */
  title: string;
  /** What could happen to tokens on a store that breaks it. */
  consequence: string;
}

export const PROMISES: Readonly<Record<PromiseId, StorePromise>> = {
  'whole-commits': {
    number: 1,
    title: 'A commit is whole: all its writes, or none.',
    consequence: 'A token could be changed without its audit entry and its entry in the change feed.',
  },
  'compare-and-swap': {
    number: 2,
    title: 'Compare and swap is real: of many commits that expect the same value, one succeeds.',
    consequence: 'An edit could overwrite a revocation that it did not see, and a limit could be exceeded.',
  },
  'linearizable-reads': {
    number: 3,
    title: 'A read that starts after a commit was answered sees it, in every process.',
    consequence: 'A revoked token could still be accepted after its revocation was acknowledged.',
  },
  'durable-commits': {
    number: 4,
    title: 'What was answered true is durable.',
    consequence: 'A revocation could be undone.',
  },
  'byte-order': {
    number: 5,
    title: 'Keys are exact, and in the order of their bytes.',
    consequence:
      'A list could leave out tokens, so that revokeAll misses them, or name those of another owner.',
  },
  'unchanged-values': {
    number: 6,
    title: 'Values come back unchanged, and are compared as text.',
    consequence: 'Records would count as damaged: their tokens could neither be used nor revoked.',
  },
  'no-early-expiry': {
    number: 7,
    title: 'No key goes before its expiresAt.',
    consequence: 'A retried create could make a second token, and living sessions could be missing in lists.',
  },
  'one-moment': {
    number: 8,
    title: 'The values of one get of at most 128 keys are of one moment.',
    consequence: 'A cache could keep an old record beside a newer change feed, and accept a revoked token.',
  },
  calls: {
    title: 'get, list and commit answer what the contract says, in its form.',
    consequence: 'Leastkey would refuse the answers with store_unavailable, or miss tokens in lists.',
  },
  'true-answers': {
    title: 'A commit is applied once, and as it was answered: true if it was applied, false if nothing was.',
    consequence: 'A change could be done twice or reported as not done, and a revocation could be undone.',
  },
  bounds: {
    title: 'What Leastkey sends is accepted: 32 writes, keys of 512 bytes, values of 320,000 bytes.',
    consequence: 'Changes of large tokens, and those of many tokens at once, would fail.',
  },
  time: {
    title: 'A call is answered in time, also while other calls fail.',
    consequence: 'Verifications would be answered with store_unavailable, and changes with outcome_unknown.',
  },
  refusals: {
    title: 'Calls outside of the contract are refused with invalid_input, and change nothing.',
    consequence: 'A fault of a host could damage what is stored. Stores that ship with Leastkey refuse it.',
  },
  sweeping: {
    title: 'Expired keys are deleted in time.',
    consequence: 'The store would grow without bound. Stores that ship with Leastkey delete them.',
  },
};
