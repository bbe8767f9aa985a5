import { LeastkeyError } from '../api/errors.js';
import type { FlushReport } from '../api/usage.js';
import type { Requirement, Verdict, VerifiedToken } from '../api/verification.js';
import { haveSameItems } from '../core/plain-question.js';
import { Deadline } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';

/** The use of one token since the last flush: what the core writes. */
export interface TokenUse {
  id: string;
  /** When it was last used. */
  at: number;
  /**
   * When the first of these uses was, if before `at`. A token that was idle by then is not revived
   * by later uses.
   */
  firstAt?: number;
  /** How many uses. */
  uses: number;
  /** The revision of the rotation whose new secret was used. */
  successor?: number;
  /** A secret that was rotated out was used. */
  reused?: true;
  /**
   * The revision of the rotation whose old secret was used after its grace. The flush decides
   * whether the grace was over.
   */
  graceOver?: number;
  /** The requirements: permissions, and expressions over them. */
  asked?: string[];
  /** Some uses had no requirement, or one beyond the maximum. */
  untold?: true;
  /** The last use from each of the last few addresses, if the host records them. */
  from?: Record<string, number>;
}

/** A {@link TokenUse} while it is collected. */
interface CollectedUse extends Omit<TokenUse, 'asked' | 'from' | 'firstAt'> {
  firstAt: number;
  /** The token view that was last noted, and whether it or an ancestor expires when idle. */
  token?: VerifiedToken | undefined;
  lapses: boolean;
  asked: Set<string>;
  /** The least recently seen first. */
  from?: Map<string, number>;
  /** The last requirement. */
  last: string | undefined;
  /** The last list of requirements. */
  list: readonly string[] | undefined;
  /** The value of `at` when the use was last moved to the end of the map. */
  placed: number;
}

/** Writes the first uses of a page: as many as fit into one commit. */
type WriteUses = (
  uses: TokenUse[],
  signal: AbortSignal | undefined,
) => Promise<{ flushed: number; unreadable?: string[] }>;

/** The most tokens whose use is kept between flushes. */
const MAX_TOKENS = 10_000;

/** The size of the direct-mapped table in front of the map. */
const RECENT_SLOTS = 4_096;

/** How many uses one call of the core gets. */
const PAGE_SIZE = 20;

/** The most characters of requirements in a page of several uses. A call takes 1,000,000 in all. */
const MAX_PAGE_CHARACTERS = 400_000;

/** The key of the lock that flushes take. */
const FLUSH_KEY = 'flush';

/** The most requirements that are kept per token. */
const MAX_REQUIREMENTS = 100;

/** The most addresses that are kept per token: the last ones. */
const MAX_ADDRESSES = 5;

/**
 * Collects the use of tokens until a flush, so that verification never waits for a write. Beyond
 * 10,000 tokens the least recently used is evicted and counted as `uncounted`.
 */
export class UsageCollector {
  /** Roughly in order of last use, the oldest first. */
  readonly #uses = new Map<string, CollectedUse>();
  /** A direct-mapped table by the end of the id: it cuts the cost of a repeated use to a third. */
  #recent: (CollectedUse | undefined)[] = new Array(RECENT_SLOTS).fill(undefined);
  readonly #write: WriteUses;
  #lastList: readonly string[] = [];
  #uncounted = 0;
  /** What the running flush has not written yet. */
  #flushing: CollectedUse[] = [];
  /** How long one page may take, in milliseconds. */
  readonly #pageTime: number;
  /**
   * Records a use in the token cache. Whether the token expires when idle; `undefined` on a miss.
   */
  readonly #noteUse: (id: string, at: number) => boolean | undefined;

  constructor(write: WriteUses, pageTime: number, noteUse: (id: string, at: number) => boolean | undefined) {
    this.#write = write;
    this.#pageTime = pageTime;
    this.#noteUse = noteUse;
  }

  /**
   * Records the use of a token at an instant, and its requirement. It allocates nothing for a use
   * like an earlier one.
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

  /**
   * A list that cannot change: the list itself if frozen, else a copy that consecutive calls share.
   */
  #stableList(texts: readonly string[]): readonly string[] {
    if (Object.isFrozen(texts)) return texts;
    if (!haveSameItems(this.#lastList, texts)) this.#lastList = [...texts];
    return this.#lastList;
  }

  /** Records the address that a token was used from, besides {@link note}. */
  noteAddress({ valid, token }: Verdict, address: string, at: number): void {
    if (valid && token !== undefined) noteAddress(this.#useOf(token.id, at), address, at);
  }

  /** Records activity in the token cache. It asks again only when the token view changed. */
  #noteActivity(use: CollectedUse, token: VerifiedToken, at: number): void {
    const lapses = this.#noteUse(token.id, at);
    use.token = lapses === undefined ? undefined : token;
    use.lapses = lapses === true;
  }

  /**
   * Writes the collected uses, after any running flush. On a failure or an abort the rest is kept
   * for the next flush. If the outcome of a page is unknown, its uses may be counted twice, never
   * lost.
   */
  async flush(signal: AbortSignal | undefined): Promise<FlushReport> {
    // A flush that was cut off with its request holds the lock no longer than a page takes.
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
    // In order of first use: a session's use keeps its parent alive for later sessions.
    const taken = this.#takeAll().sort((one, other) => one.firstAt - other.firstAt);
    this.#flushing = taken;
    // Another flush assumed that this one was cut off, and replaced it.
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
          // The core writes as many of a page as fit into one commit.
          const written = await this.#write(page.map(toTokenUse), signal);
          flushed += written.flushed;
          unreadable.push(...(written.unreadable ?? []));
          if (!isReplaced()) taken.splice(0, written.flushed);
        } catch (error) {
          if (!isRefusal(error) || isReplaced()) throw error;
          // One use of the page can never be written: find it and drop it.
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

  /** Puts unwritten uses back, before everything that was collected since. */
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

  /** The entry of a token, created if missing. */
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
   * Evicts the first entry that was not used since it was placed, and moves the used ones before it
   * to the end. A use itself moves nothing, because uses far outnumber evictions. Entries about
   * rotations go last: an alert matters more than a count.
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

/** The first uses, as many as one call takes. */
function pageOf(uses: readonly CollectedUse[], most: number): CollectedUse[] {
  let characters = 0;
  const page = uses.slice(0, most);
  const end = page.findIndex(({ asked }) => {
    for (const text of asked) characters += text.length;
    return characters > MAX_PAGE_CHARACTERS;
  });
  return end === -1 ? page : page.slice(0, Math.max(end, 1));
}

/** Whether the use itself is wrong. Other failures are the store's, and pass. */
function isRefusal(error: unknown): boolean {
  return error instanceof LeastkeyError && error.code === 'invalid_input';
}

/** By two of the random digits at the end of an id. */
function slotOf(id: string): number {
  return (id.charCodeAt(14) * 61 + id.charCodeAt(15)) % RECENT_SLOTS;
}

function noteRequirement(use: CollectedUse, text: string): void {
  use.last = text;
  if (use.asked.has(text)) return;
  if (use.asked.size < MAX_REQUIREMENTS) use.asked.add(text);
  else use.untold = true;
}

/** The permissions and expressions of a requirement that the core has accepted. */
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

/** Keeps the latest rotation: earlier ones can no longer be confirmed. */
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

/** Adds uses to an entry. A rotated-out secret is no use, and its time does not count. */
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
