import { LeastkeyError } from '../api/errors.js';
import type { FlushReport } from '../api/usage.js';
import type { Requirement, Verdict, VerifiedToken } from '../api/verification.js';
import { haveSameItems } from '../core/plain-question.js';
import { Deadline } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';

/** The use of one token since the last flush, as the core takes it in. */
export interface TokenUse {
  id: string;
  /** When it was last used. */
  at: number;
  /** When it was first used, of these uses, if that was before. A token that had gone idle by then is not revived by those after it. */
  firstAt?: number;
  /** How often. */
  uses: number;
  /** The rotation whose new secret was used, by its revision. */
  successor?: number;
  /** A secret that was rotated out was used. */
  reused?: true;
  /** The rotation whose old secret was used after its grace, by its revision: whether that was over is for the flush to say. */
  graceOver?: number;
  /** What was required: permissions, and expressions over them. */
  asked?: string[];
  /** Some uses required nothing, or something that there was no room for. */
  untold?: true;
  /** When it was last used from each of the last few addresses, where the host wants that noted. */
  from?: Record<string, number>;
}

/** The same while it is collected. */
interface CollectedUse extends Omit<TokenUse, 'asked' | 'from' | 'firstAt'> {
  firstAt: number;
  /** What was last told of the token, and whether it, or one that it came from, ends without use. */
  token?: VerifiedToken | undefined;
  lapses: boolean;
  asked: Set<string>;
  /** The least lately seen first. */
  from?: Map<string, number>;
  /** The last of them. */
  last: string | undefined;
  /** The last list of them, as it was. */
  list: readonly string[] | undefined;
  /** When it was last used, as of when it was put in its place. */
  placed: number;
}

/** Writes a page of uses, from the first on as many as fit into a commit. */
type WriteUses = (
  uses: TokenUse[],
  signal: AbortSignal | undefined,
) => Promise<{ flushed: number; unreadable?: string[] }>;

/** The most tokens whose use is kept until a flush. */
const MAX_TOKENS = 10_000;

/** How many can be found without a search. */
const RECENT_SLOTS = 4_096;

/** How many the core is given in one call. */
const PAGE_SIZE = 20;

/** How many characters of requirements, but for the first token. A call takes no more than 1,000,000, with what is around them. */
const MAX_PAGE_CHARACTERS = 400_000;

/** The key at which the flushes of one collector queue. */
const FLUSH_KEY = 'flush';

/** The most requirements that are kept of one token. */
const MAX_REQUIREMENTS = 100;

/** The most addresses that are kept of one token, the last. */
const MAX_ADDRESSES = 5;

/**
 * The use of tokens, kept until somebody flushes it: verification never waits for a write. Of more than 10,000 tokens the one that
 * was not used the longest is let go of, and told as `uncounted`.
 */
export class UsageCollector {
  /** The least lately used first, roughly. */
  readonly #uses = new Map<string, CollectedUse>();
  /** Some of them, where a look at the end of an id finds them: the next use of a token costs a third so. */
  #recent: (CollectedUse | undefined)[] = new Array(RECENT_SLOTS).fill(undefined);
  readonly #write: WriteUses;
  #lastList: readonly string[] = [];
  #uncounted = 0;
  /** What the flush that is running has not written yet. */
  #flushing: CollectedUse[] = [];
  /** How long one page may take. */
  readonly #pageTime: number;
  /** Tells what remembers tokens of a use, and answers whether the token ends without; nothing where it is not remembered. */
  readonly #noteUse: (id: string, at: number) => boolean | undefined;

  constructor(write: WriteUses, pageTime: number, noteUse: (id: string, at: number) => boolean | undefined) {
    this.#write = write;
    this.#pageTime = pageTime;
    this.#noteUse = noteUse;
  }

  /**
   * Notes what a verdict says about the use of a token at an instant, and what was required. Nothing is allocated for a use like an earlier
   * one.
   */
  note({ valid, code, token }: Verdict, requirement: Requirement | undefined, at: number): void {
    if (token === undefined || !(valid || code === 'rotated_out')) return;
    const use = this.#useOf(token.id, at);
    if (!valid) {
      if (token.rotation === undefined) use.reused = true;
      else noteGraceOver(use, token.rotation);
      return;
    }
    addUses(use, { firstAt: at, at, uses: 1 });
    if (use.lapses || use.token !== token) this.#noteActivity(use, token, at);
    if (token.successor) noteSuccessor(use, token.rotation);
    if (typeof requirement === 'string') {
      if (use.last !== requirement) noteRequirement(use, requirement);
    } else if (requirement === undefined) use.untold = true;
    else if (use.list !== requirement) {
      const texts = textsOf(requirement);
      if (use.list !== undefined && haveSameItems(use.list, texts)) return;
      for (const text of texts) noteRequirement(use, text);
      use.list = this.#stableList(texts);
    }
  }

  /** A list that nobody changes any more: one that is frozen, or a copy that those share who ask for the same one after the other. */
  #stableList(texts: readonly string[]): readonly string[] {
    if (Object.isFrozen(texts)) return texts;
    if (!haveSameItems(this.#lastList, texts)) this.#lastList = [...texts];
    return this.#lastList;
  }

  /** Notes from where a token was used, beside {@link note}. */
  noteAddress({ valid, token }: Verdict, address: string, at: number): void {
    if (valid && token !== undefined) noteAddress(this.#useOf(token.id, at), address, at);
  }

  /** Tells of a use that keeps a token alive. Whether it does is asked for again when something else is told of the token. */
  #noteActivity(use: CollectedUse, token: VerifiedToken, at: number): void {
    const lapses = this.#noteUse(token.id, at);
    use.token = lapses === undefined ? undefined : token;
    use.lapses = lapses === true;
  }

  /**
   * Writes what was noted, after a flush that is running. What was not written when it fails or is aborted is kept, and goes with
   * the next; if the outcome of a page is unknown, its uses may be counted twice, never not at all.
   */
  async flush(signal: AbortSignal | undefined): Promise<FlushReport> {
    // One that was cut off, with the request that it was called in, has its turn no longer than a page takes.
    const locks = new KeyLocks(this, new Deadline(Number.POSITIVE_INFINITY, signal), this.#pageTime);
    await locks.acquire(FLUSH_KEY);
    try {
      return await this.#flush(locks, signal);
    } finally {
      locks.releaseAll();
    }
  }

  async #flush(locks: KeyLocks, signal: AbortSignal | undefined): Promise<FlushReport> {
    this.#restore(this.#flushing);
    // A session that was used first keeps its parent from going idle before another is used.
    const taken = this.#takeAll().sort((one, other) => one.firstAt - other.firstAt);
    this.#flushing = taken;
    // Another flush has taken this one for cut off, and goes on in its place.
    const isReplaced = () => this.#flushing !== taken;
    let flushed = 0;
    const unreadable: string[] = [];
    const refused: string[] = [];
    let most = PAGE_SIZE;
    try {
      while (taken.length > 0 && !isReplaced()) {
        locks.extend();
        const page = pageOf(taken, most);
        try {
          // The core takes in as many of a page as fit into one commit.
          const written = await this.#write(page.map(toTokenUse), signal);
          flushed += written.flushed;
          unreadable.push(...(written.unreadable ?? []));
          if (!isReplaced()) taken.splice(0, written.flushed);
        } catch (error) {
          if (!isRefusal(error) || isReplaced()) throw error;
          // One of them can never be written: it is found, and left out, so that the others are not stopped by it.
          most = 1;
          if (page.length > 1) continue;
          for (const use of taken.splice(0, 1)) {
            refused.push(use.id);
            this.#uncounted += use.uses;
          }
        }
      }
    } finally {
      if (!isReplaced()) {
        this.#flushing = [];
        this.#restore(taken);
      }
    }
    const all = this.#uncounted;
    this.#uncounted = 0;
    return {
      flushed,
      uncounted: all,
      ...(unreadable.length > 0 && { unreadable }),
      ...(refused.length > 0 && { refused }),
    };
  }

  /** Puts uses that were not written back to where they were: before everything that was noted since. */
  #restore(uses: readonly CollectedUse[]): void {
    if (uses.length === 0) return;
    for (const use of [...uses, ...this.#takeAll()]) mergeUses(this.#useOf(use.id, use.at), use);
  }

  #takeAll(): CollectedUse[] {
    const taken = [...this.#uses.values()];
    this.#uses.clear();
    this.#recent.fill(undefined);
    return taken;
  }

  /** What is noted of a token, of which there is more at an instant. */
  #useOf(id: string, at: number): CollectedUse {
    const place = slotOf(id);
    const near = this.#recent[place];
    const before = near?.id === id ? near : this.#uses.get(id);
    if (before !== undefined) {
      this.#recent[place] = before;
      return before;
    }
    const use: CollectedUse = {
      id,
      at,
      firstAt: at,
      placed: at,
      uses: 0,
      last: undefined,
      list: undefined,
      asked: new Set(),
      token: undefined,
      lapses: false,
    };
    this.#uses.set(id, use);
    this.#recent[place] = use;
    if (this.#uses.size > MAX_TOKENS) this.#evict(use);
    return use;
  }

  /**
   * Lets go of the first that was not used since it was put in its place. The others are put behind it: a use moves nothing, for there
   * are many more uses than there is to let go of. What tells of a rotation goes last: an alert is more than a count.
   */
  #evict(newest: CollectedUse): void {
    let others = 2 * this.#uses.size;
    for (const use of this.#uses.values()) {
      others -= 1;
      this.#uses.delete(use.id);
      if (use.at === use.placed && use !== newest && (others < 0 || !tellsOfRotation(use))) {
        this.#uncounted += Math.max(use.uses, 1);
        if (this.#recent[slotOf(use.id)] === use) this.#recent[slotOf(use.id)] = undefined;
        return;
      }
      use.placed = use.at;
      this.#uses.set(use.id, use);
    }
  }
}

function tellsOfRotation({ reused, graceOver, successor }: CollectedUse): boolean {
  return reused === true || graceOver !== undefined || successor !== undefined;
}

/** The first of some uses, as many as one call takes. */
function pageOf(uses: readonly CollectedUse[], most: number): CollectedUse[] {
  let characters = 0;
  const page = uses.slice(0, most);
  const end = page.findIndex(({ asked }) => {
    for (const text of asked) characters += text.length;
    return characters > MAX_PAGE_CHARACTERS;
  });
  return end === -1 ? page : page.slice(0, Math.max(end, 1));
}

/** A refusal that says that a use itself is wrong. Another failure is the store's, and passes. */
function isRefusal(error: unknown): boolean {
  return error instanceof LeastkeyError && error.code === 'invalid_input';
}

/** By two of the random digits that an id ends with. */
function slotOf(id: string): number {
  return (id.charCodeAt(14) * 61 + id.charCodeAt(15)) % RECENT_SLOTS;
}

function noteRequirement(use: CollectedUse, text: string): void {
  use.last = text;
  if (use.asked.has(text)) return;
  if (use.asked.size < MAX_REQUIREMENTS) use.asked.add(text);
  else use.untold = true;
}

/** The texts of a requirement that the core has read: whatever else it says, only they name permissions. */
function textsOf(requirement: Exclude<Requirement, string>): readonly string[] {
  if ('permission' in requirement) return [requirement.permission];
  if ('expr' in requirement) return [requirement.expr];
  if ('all' in requirement) return requirement.all;
  return 'any' in requirement ? requirement.any : requirement;
}

function noteAddress(use: CollectedUse, address: string, at: number): void {
  use.from ??= new Map();
  const before = use.from.get(address);
  use.from.delete(address);
  use.from.set(address, before === undefined ? at : Math.max(before, at));
  if (use.from.size <= MAX_ADDRESSES) return;
  for (const oldest of use.from.keys()) {
    use.from.delete(oldest);
    return;
  }
}

/** The latest rotation: of those before it nothing can be confirmed any more. */
function noteSuccessor(use: CollectedUse, rotation: number | undefined): void {
  if (rotation !== undefined && rotation > (use.successor ?? 0)) use.successor = rotation;
}

function noteGraceOver(use: CollectedUse, rotation: number | undefined): void {
  if (rotation !== undefined && rotation > (use.graceOver ?? 0)) use.graceOver = rotation;
}

function toTokenUse({
  asked,
  last,
  list,
  placed,
  from,
  firstAt,
  token,
  lapses,
  ...use
}: CollectedUse): TokenUse {
  return {
    ...use,
    ...(firstAt < use.at && { firstAt }),
    ...(asked.size > 0 && { asked: [...asked] }),
    ...(from !== undefined && { from: Object.fromEntries(from) }),
  };
}

/** Adds uses to those of a token. To show a rotated-out secret is no use: its time counts for nothing. */
function addUses(use: CollectedUse, more: { firstAt: number; at: number; uses: number }): void {
  if (more.uses === 0) return;
  const first = use.uses === 0;
  if (first || more.at > use.at) use.at = more.at;
  if (first || more.firstAt < use.firstAt) use.firstAt = more.firstAt;
  use.uses += more.uses;
}

function mergeUses(use: CollectedUse, other: CollectedUse): void {
  addUses(use, other);
  noteSuccessor(use, other.successor);
  noteGraceOver(use, other.graceOver);
  if (other.reused) use.reused = true;
  if (other.untold) use.untold = true;
  for (const text of other.asked) noteRequirement(use, text);
  if (other.from !== undefined) for (const [address, at] of other.from) noteAddress(use, address, at);
}
