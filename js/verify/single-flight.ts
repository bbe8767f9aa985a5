/**
 * Looks at the store that a verifier makes beside its reads of the feed: first ones, at tokens that are not remembered, and second ones, at
 * refusals that could have been taken back since they were read.
 */

import { LeastkeyError } from '../api/errors.js';
import type { Verdict } from '../api/verification.js';

/** The least time between two second looks at one id, in milliseconds. */
const PAUSE = 1_000;

/** How many ids that were not there are looked at once more in one second. Who makes ids up takes them from others like him only. */
const MOST_ABSENT = 100;

/** The most looks that are under way at once. */
const MOST_UNDER_WAY = 4_096;

/** The characters of a credential after its prefix and the separator, and where in them its id begins and ends. */
const BODY = { length: 53, id: [1, 17] } as const;

/** A look that is under way. */
interface Look {
  /** By a clock that nobody sets. */
  began: number;
  verdict: Promise<Verdict>;
}

/** When something was, by the clock and by one that nobody sets. */
interface When {
  now: number;
  steady: number;
}

const whenOf = (now: number): When => ({ now, steady: performance.now() });

/** Whether a pause that began then is over, by either clock: one that was set back stands still, and one that jumped goes back. */
function isOver(began: When | undefined, now: number): boolean {
  return (
    began === undefined || Math.abs(now - began.now) >= PAUSE || performance.now() - began.steady >= PAUSE
  );
}

/** The looks of one verifier. */
export class Looks {
  readonly #start: string;
  /** How long a look takes at most. One that took longer was cut off with the request that began it, and settles no more. */
  readonly #longest: number;
  /** By what they look at; those that nobody may share by themselves. */
  readonly #underWay = new Map<unknown, Look>();
  /** When ids were looked at a second time, in the last second: of tokens that are remembered, and a hundred others. The first comes first. */
  readonly #seconds = new Map<string, When>();
  #absent: { since: When | undefined; count: number } = { since: undefined, count: 0 };

  constructor(prefix: string, longest: number) {
    this.#start = `${prefix}_`;
    this.#longest = longest;
  }

  /** What a look at a credential is a look at: the token that it names, whatever its secret is. A key of another system names none. */
  subject(credential: string): string {
    const from = this.#start.length;
    if (credential.length !== from + BODY.length || !credential.startsWith(this.#start)) return credential;
    return credential.slice(from + BODY.id[0], from + BODY.id[1]);
  }

  /** Whether a refusal is to be read once more before it is given. `isAbsent`: it is because there was no such id. */
  isDue(credential: string, now: number, isAbsent: boolean): boolean {
    const subject = this.subject(credential);
    if (this.underWay(subject) !== undefined) return true;
    if (!isOver(this.#seconds.get(subject), now)) return false;
    if (isOver(this.#absent.since, now)) this.#absent = { since: whenOf(now), count: 0 };
    return !isAbsent || this.#absent.count < MOST_ABSENT;
  }

  /** Takes note that a second look begins, if it is one that nobody else makes already. */
  take(credential: string, now: number, isAbsent: boolean): void {
    const subject = this.subject(credential);
    if (this.underWay(subject) !== undefined) return;
    if (isAbsent) this.#absent.count += 1;
    this.#forgetOld(now);
    this.#seconds.delete(subject);
    this.#seconds.set(subject, whenOf(now));
  }

  /** A look that was begun has not been made. */
  takeBack(credential: string): void {
    this.#seconds.delete(this.subject(credential));
  }

  /** The look at a subject that is under way, and how long it may still take. */
  underWay(subject: string): { verdict: Promise<Verdict>; left: number } | undefined {
    const look = this.#underWay.get(subject);
    if (look === undefined) return undefined;
    const left = look.began + this.#longest - performance.now();
    return left > 0 ? { verdict: look.verdict, left } : undefined;
  }

  /** @throws {LeastkeyError} `store_unavailable` when too many are under way to begin another. */
  refuseFlood(): void {
    if (this.#underWay.size < MOST_UNDER_WAY) return;
    const before = performance.now() - this.#longest;
    for (const [subject, { began }] of this.#underWay) if (began <= before) this.#underWay.delete(subject);
    if (this.#underWay.size < MOST_UNDER_WAY) return;
    throw new LeastkeyError(
      'store_unavailable',
      `${MOST_UNDER_WAY} tokens are being read from the store at once; try again in a second`,
    );
  }

  /** Takes note of a look that is under way. `isShared`: others may join it. */
  add(credential: string, verdict: Promise<Verdict>, isShared: boolean): void {
    const subject = this.subject(credential);
    const key = isShared ? subject : verdict;
    const look = { began: performance.now(), verdict };
    this.#underWay.set(key, look);
    const over = () => {
      if (this.#underWay.get(key) === look) this.#underWay.delete(key);
    };
    // Cut off by whoever began it: another may look. A store that failed has its pause.
    verdict.then(over, () => {
      over();
      this.#seconds.delete(subject);
    });
  }

  #forgetOld(now: number): void {
    for (const [subject, at] of this.#seconds) {
      if (!isOver(at, now)) return;
      this.#seconds.delete(subject);
    }
  }
}
