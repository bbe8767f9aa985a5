import { LeastkeyError } from '../api/errors.js';
import type { Store } from '../api/store.js';
import type { Verdict, Verification, VerifyManyOptions } from '../api/verification.js';
import type { Settings } from '../runtime/settings.js';
import { MAX_KEYS } from '../stores/calls.js';
import { readValues } from '../stores/response.js';
import type { CachedVerifier } from './cached-verifier.js';
import { readQuestion } from './read-question.js';

const MAX_VERIFICATIONS = 1_000;

/** The verdicts on many credentials, in their order. What they need from the store at the same time is one `get`. */
export async function verifyMany(
  verifier: CachedVerifier,
  settings: Settings,
  verifications: readonly Verification[],
  options: VerifyManyOptions,
): Promise<Verdict[]> {
  const { signal, freshness = settings.freshness } = readQuestion(undefined, options, 'verify');
  if (!Array.isArray(verifications) || verifications.length > MAX_VERIFICATIONS) {
    throw new LeastkeyError(
      'invalid_input',
      `verifications: expected an array of at most ${MAX_VERIFICATIONS}`,
      {
        path: 'verifications',
      },
    );
  }
  signal?.throwIfAborted();
  const verdicts = verifier.lookupMany(verifications, freshness);
  // A promise for each would take longer than all that was done for it.
  if (verdicts.every((verdict) => verdict !== undefined)) return verdicts;
  const { verifying } = settings;
  const together = { ...settings, verifying: readTogether(verifying), counting: verifying };
  const asked = verifications.map((verification, at) => {
    const known = verdicts[at];
    if (known !== undefined) return known;
    const { credential, requirement, ...more } = verification;
    return { credential, ...readQuestion(requirement, more, 'verify') };
  });
  return Promise.all(
    // Each with a promise of its own: what one throws must not leave the others without anybody who waits for them.
    asked.map(async (one) => {
      return 'code' in one
        ? one
        : verifier.verifyQuestion(one.credential, one.question, freshness, signal, together);
    }),
  );
}

/**
 * A store in whose place all reads that come in one turn of the event loop's microtasks are made as one, or as few as hold no more keys than
 * one snapshot: what a verification reads at once must be of one moment.
 */
function readTogether(store: Store): Store {
  let round: { keys: Set<string>; values: Promise<Map<string, string | null>> } | undefined;
  const read = async (keys: Set<string>) => {
    await undefined;
    if (round?.keys === keys) round = undefined;
    const asked = [...keys];
    return new Map(readValues(asked, await store.get([...asked])));
  };
  return {
    async get(keys) {
      const isNew = (key: string) => round?.keys.has(key) !== true;
      if (round === undefined || round.keys.size + keys.filter(isNew).length > MAX_KEYS) {
        const all = new Set<string>();
        round = { keys: all, values: read(all) };
      }
      for (const key of keys) round.keys.add(key);
      const values = await round.values;
      return keys.map((key) => values.get(key) as string | null);
    },
    list: (range) => store.list(range),
    commit: (writes) => store.commit(writes),
  };
}
