/**
 * Loads of tokens that are in flight, so that concurrent calls share one (single flight), and the
 * rate limit of rechecks: reads that confirm a cached refusal before it is given.
 */

import type { VerdictCode } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import type { FlatVerdict } from '../core/flat-verdict.js';

import type { Clock } from '../runtime/clock.js';
import type { Settings } from '../runtime/settings.js';

/** Refusals that are final: a cached one needs no recheck. */
const FINAL_CODES: readonly VerdictCode[] = ['revoked', 'expired', 'malformed', 'bad_checksum'];

/**
 * What to do with a cached refusal that may be out of date. `reread`: the caller reads the store
 * now. `defer`: the caller may read it later. `accept`: give it, because the store has just been
 * read.
 */
export type RefusalPolicy = 'reread' | 'defer' | 'accept';

/** The least time between two rechecks of one id, in milliseconds. */
const RECHECK_INTERVAL = 1_000;

/**
 * How many unknown ids are rechecked per second. They have a budget of their own, so that invented
 * ids use up that of other invented ids only.
 */
const MAX_ABSENT_RECHECKS = 100;

/** The most loads in flight. */
const MAX_IN_FLIGHT = 4_096;

/** The length of a credential after its prefix and separator, and where its id begins and ends. */
const BODY = { length: 53, id: [1, 17] } as const;

/** A load in flight. */
interface Load {
  /** By the monotonic clock. */
  began: number;
  verdict: Promise<FlatVerdict>;
}

/** An instant, by the host's clock and by the monotonic clock. */
interface Timestamp {
  now: number;
  steady: number;
}

/**
 * Whether the recheck interval has passed, by either clock: the host's clock may have been set
 * back, and the monotonic one may have been suspended.
 */
function hasElapsed(began: Timestamp | undefined, now: number, steady: number): boolean {
  return (
    began === undefined ||
    Math.abs(now - began.now) >= RECHECK_INTERVAL ||
    steady - began.steady >= RECHECK_INTERVAL
  );
}

/** The loads and rechecks of one verifier. */
export class SingleFlight {
  readonly #start: string;
  /**
   * How long a load takes at most. A longer one was cut off with its request, and never settles.
   */
  readonly #maxDuration: number;
  readonly #clock: Clock;
  /** By the token that they load; loads that cannot be shared by themselves. */
  readonly #inFlight = new Map<unknown, Load>();
  /** When ids were rechecked within the last second, the oldest first. */
  readonly #rechecks = new Map<string, Timestamp>();
  #absent: { since: Timestamp | undefined; count: number } = { since: undefined, count: 0 };

  constructor({ config, deadline, clock }: Pick<Settings, 'config' | 'deadline' | 'clock'>) {
    this.#start = `${config.prefix}_`;
    this.#maxDuration = deadline;
    this.#clock = clock;
  }

  /** What identifies a load: the id of the token, or the whole text of an imported key. */
  keyOf(credential: string): string {
    const from = this.#start.length;
    if (credential.length !== from + BODY.length || !credential.startsWith(this.#start)) return credential;
    return credential.slice(from + BODY.id[0], from + BODY.id[1]);
  }

  /**
   * Whether to read the store before giving a cached refusal that may be out of date. Rate limited.
   */
  mustReread({ code, token }: FlatVerdict, credential: string, now: number, policy: RefusalPolicy): boolean {
    if (policy === 'accept' || FINAL_CODES.includes(code)) return false;
    const { steady } = this.#clock;
    const isAbsent = code === 'unknown' && token === undefined;
    // First: under a flood of invented ids, their texts are not looked at.
    const isSpent = isAbsent && !this.#hasAbsentBudget(now, steady);
    if (isSpent && this.#inFlight.size === 0) return false;
    const tokenKey = this.keyOf(credential);
    if (this.inFlight(tokenKey) !== undefined) return true;
    if (isSpent || !hasElapsed(this.#rechecks.get(tokenKey), now, steady)) return false;
    if (policy === 'reread') this.#startRecheck(tokenKey, { now, steady }, isAbsent);
    return true;
  }

  #hasAbsentBudget(now: number, steady: number): boolean {
    if (hasElapsed(this.#absent.since, now, steady)) this.#absent = { since: { now, steady }, count: 0 };
    return this.#absent.count < MAX_ABSENT_RECHECKS;
  }

  #startRecheck(tokenKey: string, at: Timestamp, isAbsent: boolean): void {
    if (isAbsent) this.#absent.count += 1;
    for (const [known, began] of this.#rechecks) {
      if (!hasElapsed(began, at.now, at.steady)) break;
      this.#rechecks.delete(known);
    }
    this.#rechecks.delete(tokenKey);
    this.#rechecks.set(tokenKey, at);
  }

  /** Takes back the start of a recheck: the store was not read. */
  cancelRecheck(credential: string): void {
    this.#rechecks.delete(this.keyOf(credential));
  }

  /** The load in flight of a token, and how long it may still take. */
  inFlight(tokenKey: string): { verdict: Promise<FlatVerdict>; left: number } | undefined {
    if (this.#inFlight.size === 0) return undefined;
    const load = this.#inFlight.get(tokenKey);
    if (load === undefined) return undefined;
    const left = load.began + this.#maxDuration - performance.now();
    return left > 0 ? { verdict: load.verdict, left } : undefined;
  }

  /** @throws {LeastkeyError} `store_unavailable` when too many loads are in flight. */
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

  /** Records a load in flight. `isShared`: other calls may await it. */
  track(credential: string, verdict: Promise<FlatVerdict>, isShared: boolean): void {
    const tokenKey = this.keyOf(credential);
    const key = isShared ? tokenKey : verdict;
    const load = { began: performance.now(), verdict };
    this.#inFlight.set(key, load);
    const settled = () => {
      if (this.#inFlight.get(key) === load) this.#inFlight.delete(key);
    };
    // Aborted by its caller: another call may recheck. A failed store keeps the pause.
    verdict.then(settled, () => {
      settled();
      this.#rechecks.delete(tokenKey);
    });
  }
}
