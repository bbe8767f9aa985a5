/** What the core remembers of tokens, as verdicts. */

import type { Question } from '../boundary.js';
import type { VerdictCode } from '../codes.js';
import { type CodeRow, HIT_SLOT, HIT_SUCCESSOR, MISS, type VerifyingCore } from '../core/verifying.js';
import type { Verdict, VerifiedToken } from '../types.js';

/** Refusals that nothing takes back: what is remembered of them needs no second look. */
const FINAL: readonly VerdictCode[] = ['revoked', 'expired', 'malformed', 'bad_checksum'];

/** How many refusals that could be taken back are read again in one second. Beyond that they are given as they are remembered. */
const SECOND_LOOKS = 100;

/** The most requirements that have a number. */
const MOST_NUMBERED = 1_000;

/** The tokens that the core remembers, each by the number of its slot. */
export class Recollection {
  readonly #core: VerifyingCore;
  /** What a verdict tells of a token, by slot. */
  #tokens: (VerifiedToken | undefined)[] = [];
  /** The second looks of the second that began at an instant. */
  #looks = { since: 0, count: 0 };
  readonly #numbers = new Map<string, number>();
  #epoch = -1;

  constructor(core: VerifyingCore) {
    this.#core = core;
  }

  /** The verdict on a credential, as of an instant; nothing where the store has to be asked. */
  look(credential: string, question: Question, now: number, asOf: number): Verdict | undefined {
    this.#keepUp();
    const number = this.#number(question);
    const hit =
      number === undefined
        ? this.#core.recall(credential, question, now).hit
        : this.#core.hit(credential, number, now);
    if (hit === MISS) return undefined;
    if (hit < MISS) return refusal(this.#core.codes[MISS - 1 - hit] as CodeRow, asOf);
    const slot = hit >>> HIT_SLOT;
    const row = this.#core.codes[hit & (HIT_SUCCESSOR - 1)] as CodeRow;
    let token = this.#tokens[slot];
    if (token === undefined) return undefined;
    if (((hit & HIT_SUCCESSOR) !== 0) !== (token.successor === true)) token = turned(token);
    if (row.code === 'valid') return { valid: true, code: 'valid', status: 200, token, asOf };
    return this.#refused(row, token, { credential, question, now, asOf });
  }

  /**
   * Remembers what a verdict from the store tells of a token. To be called in the same turn as the core has filled the slot: at any later
   * moment another token may stand there.
   */
  keep(slot: number, token: VerifiedToken | undefined): void {
    this.#keepUp();
    // Many verdicts will share it.
    this.#tokens[slot] = frozen(token);
  }

  /** A refusal that may have been taken back since is read once more before it is given; a flood of them is not. */
  #refused(
    row: CodeRow,
    token: VerifiedToken,
    {
      credential,
      question,
      now,
      asOf,
    }: { credential: string; question: Question; now: number; asOf: number },
  ): Verdict | undefined {
    if (!FINAL.includes(row.code) && this.#mayLookAgain(now)) return undefined;
    const { lacking } = this.#core.recall(credential, question, now);
    return { ...refusal(row, asOf), token, ...lacking };
  }

  #mayLookAgain(now: number): boolean {
    if (now - this.#looks.since >= 1_000) this.#looks = { since: now, count: 0 };
    this.#looks.count += 1;
    return this.#looks.count <= SECOND_LOOKS;
  }

  /** Only what needs nothing but a text has a number: the rest of a question crosses as a value. */
  #number(question: Question): number | undefined {
    const { requirement, context, consume } = question;
    if (context !== undefined || consume !== undefined) return undefined;
    if (requirement !== undefined && typeof requirement !== 'string') return undefined;
    const text = requirement ?? '';
    let number = this.#numbers.get(text);
    if (number === undefined) {
      if (this.#numbers.size >= MOST_NUMBERED) return undefined;
      number = this.#core.number(question);
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** A fresh instance remembers nothing. */
  #keepUp(): void {
    if (this.#epoch === this.#core.epoch) return;
    this.#tokens = [];
    this.#numbers.clear();
    this.#epoch = this.#core.epoch;
  }
}

function refusal({ code, status, error }: CodeRow, asOf: number): Verdict {
  return { valid: false, code, status, ...(error !== undefined && { error }), asOf };
}

/** The same token, presented with the other secret of a rotation. */
function turned({ successor, ...token }: VerifiedToken): VerifiedToken {
  return Object.freeze(successor === true ? token : { ...token, successor: true });
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
