/**
 * Looks at the store that a verifier makes beside its reads of the feed: first ones, at tokens that are not remembered, and second ones, at
 * refusals that could have been taken back since they were read.
 */

import { LeastkeyError } from '../api/errors.js';
import type { Verdict } from '../api/verification.js';

/** The least time between two second looks at one id, in milliseconds. */
const RECHECK_INTERVAL = 1_000;

/** How many ids that were not there are looked at once more in one second. Who makes ids up takes them from others like him only. */
const MAX_ABSENT_RECHECKS = 100;

/** The most looks that are under way at once. */
const MAX_IN_FLIGHT = 4_096;

/** The characters of a credential after its prefix and the separator, and where in them its id begins and ends. */
const BODY = { length: 53, id: [1, 17] } as const;

/** A look that is under way. */
interface Load {
  /** By a clock that nobody sets. */
  began: number;
  verdict: Promise<Verdict>;
}

/** When something was, by the clock and by one that nobody sets. */
interface Timestamp {
  now: number;
  steady: number;
}

const timestampOf = (now: number): Timestamp => ({ now, steady: performance.now() });

/** Whether a pause that began then is over, by either clock: one that was set back stands still, and one that jumped goes back. */
function hasElapsed(began: Timestamp | undefined, now: number): boolean {
  return (
    began === undefined ||
    Math.abs(now - began.now) >= RECHECK_INTERVAL ||
    performance.now() - began.steady >= RECHECK_INTERVAL
  );
}

/** The looks of one verifier. */
export class SingleFlight {
  readonly #start: string;
  /** How long a look takes at most. One that took longer was cut off with the request that began it, and settles no more. */
  readonly #maxDuration: number;
  /** By what they look at; those that nobody may share by themselves. */
  readonly #inFlight = new Map<unknown, Load>();
  /** When ids were looked at a second time, in the last second: of tokens that are remembered, and a hundred others. The first comes first. */
  readonly #rechecks = new Map<string, Timestamp>();
  #absent: { since: Timestamp | undefined; count: number } = { since: undefined, count: 0 };

  constructor(prefix: string, longest: number) {
    this.#start = `${prefix}_`;
    this.#maxDuration = longest;
  }

  /** What a look at a credential is a look at: the token that it names, whatever its secret is. A key of another system names none. */
  keyOf(credential: string): string {
    const from = this.#start.length;
    if (credential.length !== from + BODY.length || !credential.startsWith(this.#start)) return credential;
    return credential.slice(from + BODY.id[0], from + BODY.id[1]);
  }

  /** Whether a refusal is to be read once more before it is given. `isAbsent`: it is because there was no such id. */
  isRecheckDue(credential: string, now: number, isAbsent: boolean): boolean {
    const tokenKey = this.keyOf(credential);
    if (this.inFlight(tokenKey) !== undefined) return true;
    if (!hasElapsed(this.#rechecks.get(tokenKey), now)) return false;
    if (hasElapsed(this.#absent.since, now)) this.#absent = { since: timestampOf(now), count: 0 };
    return !isAbsent || this.#absent.count < MAX_ABSENT_RECHECKS;
  }

  /** Takes note that a second look begins, if it is one that nobody else makes already. */
  startRecheck(credential: string, now: number, isAbsent: boolean): void {
    const tokenKey = this.keyOf(credential);
    if (this.inFlight(tokenKey) !== undefined) return;
    if (isAbsent) this.#absent.count += 1;
    this.#pruneRechecks(now);
    this.#rechecks.delete(tokenKey);
    this.#rechecks.set(tokenKey, timestampOf(now));
  }

  /** A look that was begun has not been made. */
  cancelRecheck(credential: string): void {
    this.#rechecks.delete(this.keyOf(credential));
  }

  /** The look at a tokenKey that is under way, and how long it may still take. */
  inFlight(tokenKey: string): { verdict: Promise<Verdict>; left: number } | undefined {
    const load = this.#inFlight.get(tokenKey);
    if (load === undefined) return undefined;
    const left = load.began + this.#maxDuration - performance.now();
    return left > 0 ? { verdict: load.verdict, left } : undefined;
  }

  /** @throws {LeastkeyError} `store_unavailable` when too many are under way to begin another. */
  refuseOverload(): void {
    if (this.#inFlight.size < MAX_IN_FLIGHT) return;
    const before = performance.now() - this.#maxDuration;
    for (const [tokenKey, { began }] of this.#inFlight) if (began <= before) this.#inFlight.delete(tokenKey);
    if (this.#inFlight.size < MAX_IN_FLIGHT) return;
    throw new LeastkeyError(
      'store_unavailable',
      `${MAX_IN_FLIGHT} tokens are being read from the store at once; try again in a second`,
    );
  }

  /** Takes note of a look that is under way. `isShared`: others may join it. */
  track(credential: string, verdict: Promise<Verdict>, isShared: boolean): void {
    const tokenKey = this.keyOf(credential);
    const key = isShared ? tokenKey : verdict;
    const load = { began: performance.now(), verdict };
    this.#inFlight.set(key, load);
    const over = () => {
      if (this.#inFlight.get(key) === load) this.#inFlight.delete(key);
    };
    const failed = () => {
      over();
      this.#rechecks.delete(tokenKey);
    };
    verdict.then(({ code }) => (code === 'store_unavailable' ? failed() : over()), failed);
  }

  #pruneRechecks(now: number): void {
    for (const [tokenKey, at] of this.#rechecks) {
      if (!hasElapsed(at, now)) return;
      this.#rechecks.delete(tokenKey);
    }
  }
}
