import type { Verdict } from './types.js';

/** The use of one token since the last flush. */
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

/**
 * The use of tokens, kept until somebody flushes it: verification never waits for a write. Of more than 10,000 tokens the one that
 * was not used the longest is let go of, and told as `uncounted`.
 */
export class UsageCollector {
  /** The least lately used first. */
  readonly #uses = new Map<string, Use>();
  readonly #write: (uses: Use[], signal: AbortSignal | undefined) => Promise<{ flushed: number }>;
  #uncounted = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(write: (uses: Use[], signal: AbortSignal | undefined) => Promise<{ flushed: number }>) {
    this.#write = write;
  }

  /** Notes what a verdict says about the use of a token. */
  note({ valid, code, token, asOf }: Verdict): void {
    if (token === undefined) return;
    const { id } = token;
    if (code === 'rotated_out') this.#add({ id, at: asOf, uses: 0, reused: true });
    else if (!valid) return;
    else if (token.successor) this.#add({ id, at: asOf, uses: 1, successor: true });
    else this.#add({ id, at: asOf, uses: 1 });
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
        flushed += (await this.#write(taken.slice(flushed, flushed + PAGE), signal)).flushed;
    } finally {
      // Back to where they were: before everything that was noted since.
      if (flushed < taken.length)
        for (const use of [...taken.slice(flushed), ...this.#take()]) this.#add(use);
    }
    this.#uncounted -= uncounted;
    return { flushed, uncounted };
  }

  #take(): Use[] {
    const taken = [...this.#uses.values()];
    this.#uses.clear();
    return taken;
  }

  #add(use: Use): void {
    const before = this.#uses.get(use.id);
    this.#uses.delete(use.id);
    this.#uses.set(use.id, before === undefined ? use : merged(before, use));
    if (this.#uses.size <= MOST) return;
    const [oldest] = this.#uses.values();
    if (oldest === undefined) return;
    this.#uses.delete(oldest.id);
    this.#uncounted += oldest.uses;
  }
}

function merged(one: Use, other: Use): Use {
  return {
    id: one.id,
    at: Math.max(one.at, other.at),
    uses: one.uses + other.uses,
    ...((one.successor || other.successor) && { successor: true }),
    ...((one.reused || other.reused) && { reused: true }),
  };
}
