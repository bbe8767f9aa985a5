import { LeastkeyError } from '../api/errors.js';
import type { Store } from '../api/store.js';
import type { Verification, VerifyManyOptions } from '../api/verification.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import { invalidInput, kindOf } from '../input/options.js';
import type { Settings } from '../runtime/settings.js';
import { MAX_KEYS } from '../stores/call-store.js';
import { readValues } from '../stores/response.js';
import type { CachedVerifier } from './cached-verifier.js';
import { readQuestion } from './read-question.js';

const MAX_VERIFICATIONS = 1_000;

/** The verdicts on many credentials, in order. Reads of the same task are merged into one `get`. */
export async function verifyMany(
  verifier: CachedVerifier,
  settings: Settings,
  verifications: readonly Verification[],
  options: VerifyManyOptions,
): Promise<FlatVerdict[]> {
  const { signal, freshness = settings.freshness } = readQuestion(undefined, options, 'verify');
  if (!Array.isArray(verifications) || verifications.length > MAX_VERIFICATIONS) {
    throw new LeastkeyError(
      'invalid_input',
      `verifications: expected an array of at most ${MAX_VERIFICATIONS}, got ${kindOf(verifications)}; write [{ credential, requirement }]`,
      {
        path: 'verifications',
      },
    );
  }
  signal?.throwIfAborted();
  const verdicts = verifier.lookupMany(verifications, freshness);
  // With only cache hits, creating promises would cost more than the lookups.
  if (verdicts.every((verdict) => verdict !== undefined)) return verdicts;
  const { verifying } = settings;
  const together = { ...settings, verifying: readTogether(verifying), counting: verifying };
  const asked = verifications.map((verification, at) => {
    const known = verdicts[at];
    if (known !== undefined) return known;
    if (typeof verification !== 'object' || verification === null) {
      throw invalidInput(
        `verifications[${at}]`,
        `got ${kindOf(verification)}; expected { credential, requirement }`,
      );
    }
    const { credential, requirement, ...more } = verification;
    return { credential, asked: { ...verifier.readAsked(requirement, more), freshness, signal } };
  });
  return Promise.all(
    // One promise each: if one rejects, the rejections of the others must still be handled.
    asked.map(async (one) => {
      return 'code' in one ? one : verifier.verifyAsked(one.credential, one.asked, together);
    }),
  );
}

/**
 * A view of a store that merges the reads of one microtask turn into as few `get` calls as the
 * maximum of keys allows. The keys of one read stay together, because a verification needs a
 * consistent snapshot.
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
