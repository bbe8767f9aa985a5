import type { Requirement, Verdict } from './types.js';

/** The use of one token since the last flush, as the core takes it in. */
export interface Use {
  id: string;
  /** When it was last used. */
  at: number;
  /** How often. */
  uses: number;
  /** The new secret of a rotation was used. */
  successor?: true;
  /** A secret that was rotated out was used. */
  reused?: true;
  /** What was required: permissions, and expressions over them. */
  asked?: string[];
  /** Some uses required nothing, or something that there was no room for. */
  untold?: true;
}

/** The same while it is collected. */
interface Noted extends Omit<Use, 'asked'> {
  asked: Set<string>;
}

/** The answer of `flush`. */
export interface FlushReport {
  /** How many tokens' use was written. */
  flushed: number;
  /** How many uses were not counted since the last flush, because more than 10,000 tokens were in use at a time. */
  uncounted: number;
}

/** The most tokens whose use is kept until a flush. */
const MOST = 10_000;

/** How many the core is given in one call. */
const PAGE = 20;

/** The most requirements that are kept of one token. */
const MOST_ASKED = 100;

/**
 * The use of tokens, kept until somebody flushes it: verification never waits for a write. Of more than 10,000 tokens the one that
 * was not used the longest is let go of, and told as `uncounted`.
 */
export class UsageCollector {
  /** The least lately used first. */
  readonly #uses = new Map<string, Noted>();
  readonly #write: (uses: Use[], signal: AbortSignal | undefined) => Promise<{ flushed: number }>;
  #uncounted = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(write: (uses: Use[], signal: AbortSignal | undefined) => Promise<{ flushed: number }>) {
    this.#write = write;
  }

  /** Notes what a verdict says about the use of a token, and what was required. Nothing is allocated for a use like an earlier one. */
  note({ valid, code, token, asOf }: Verdict, requirement: Requirement | undefined): void {
    if (token === undefined || !(valid || code === 'rotated_out')) return;
    const use = this.#useOf(token.id);
    if (asOf > use.at) use.at = asOf;
    if (!valid) {
      use.reused = true;
      return;
    }
    use.uses += 1;
    if (token.successor) use.successor = true;
    if (typeof requirement === 'string') ask(use, requirement);
    else if (requirement === undefined) use.untold = true;
    else for (const text of textsOf(requirement)) ask(use, text);
  }

  /**
   * Writes what was noted, after a flush that is running. What was not written when it fails or is aborted is kept, and goes with
   * the next; if the outcome of a page is unknown, its uses may be counted twice, never not at all.
   */
  flush(signal: AbortSignal | undefined): Promise<FlushReport> {
    const flushing = this.#last.then(() => this.#flush(signal));
    this.#last = flushing.catch(() => {});
    return flushing;
  }

  async #flush(signal: AbortSignal | undefined): Promise<FlushReport> {
    const taken = this.#take();
    const uncounted = this.#uncounted;
    let flushed = 0;
    try {
      // The core takes in as many of a page as fit into one commit.
      while (flushed < taken.length)
        flushed += (await this.#write(taken.slice(flushed, flushed + PAGE).map(told), signal)).flushed;
    } finally {
      // Back to where they were: before everything that was noted since.
      if (flushed < taken.length)
        for (const use of [...taken.slice(flushed), ...this.#take()]) join(this.#useOf(use.id), use);
    }
    this.#uncounted -= uncounted;
    return { flushed, uncounted };
  }

  #take(): Noted[] {
    const taken = [...this.#uses.values()];
    this.#uses.clear();
    return taken;
  }

  /** The use of a token, which is now the latest of all. */
  #useOf(id: string): Noted {
    const before = this.#uses.get(id);
    if (before !== undefined) this.#uses.delete(id);
    const use = before ?? { id, at: Number.NEGATIVE_INFINITY, uses: 0, asked: new Set() };
    this.#uses.set(id, use);
    if (this.#uses.size > MOST) this.#letGo();
    return use;
  }

  #letGo(): void {
    const [oldest] = this.#uses.values();
    if (oldest === undefined) return;
    this.#uses.delete(oldest.id);
    this.#uncounted += oldest.uses;
  }
}

function ask(use: Noted, text: string): void {
  if (use.asked.has(text)) return;
  if (use.asked.size < MOST_ASKED) use.asked.add(text);
  else use.untold = true;
}

/** The texts of a requirement that the core has read: whatever else it says, only they name permissions. */
function textsOf(requirement: Exclude<Requirement, string>): readonly string[] {
  if ('permission' in requirement) return [requirement.permission];
  if ('expr' in requirement) return [requirement.expr];
  if ('all' in requirement) return requirement.all;
  return 'any' in requirement ? requirement.any : requirement;
}

function told({ asked, ...use }: Noted): Use {
  return asked.size === 0 ? use : { ...use, asked: [...asked] };
}

function join(use: Noted, other: Noted): void {
  use.at = Math.max(use.at, other.at);
  use.uses += other.uses;
  if (other.successor) use.successor = true;
  if (other.reused) use.reused = true;
  if (other.untold) use.untold = true;
  for (const text of other.asked) ask(use, text);
}
