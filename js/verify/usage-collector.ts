import { LeastkeyError } from '../api/errors.js';
import type { FlushReport, TokenUse } from '../api/usage.js';
import type { Requirement, VerifiedToken } from '../api/verification.js';
import type { FlatVerdict } from '../core/flat-verdict.js';
import type { AskedPermissions } from '../core/interned-requirements.js';
import { haveSameItems } from '../core/plain-question.js';
import type { HitObserver } from '../core/token-cache.js';
import { invalidInput, kindOf } from '../input/options.js';
import { copyPlain } from '../input/values.js';
import { Deadline } from '../runtime/deadline.js';
import { KeyLocks } from '../runtime/key-queue.js';
import type { Settings } from '../runtime/settings.js';
import { FlushSchedule } from './flush-schedule.js';
import type { AskedQuestion } from './read-question.js';

/** A {@link TokenUse} while it is collected. */
interface CollectedUse extends Omit<TokenUse, 'asked' | 'from' | 'firstAt'> {
  firstAt: number;
  /** The token view that was last noted, and whether it or an ancestor expires when idle. */
  token?: VerifiedToken | undefined;
  lapses: boolean;
  asked: Set<string>;
  /** The least recently seen first. */
  from?: Map<string, number>;
  /** What the last use was asked for; a list is never changed. */
  lastAsked: AskedPermissions;
  /** The value of `at` when the use was last moved to the end of the map. */
  placed: number;
}

/** The part of the settings that is about uses. */
type UsageSettings = Pick<Settings, 'believed' | 'deadline' | 'addresses' | 'flush' | 'onError'>;

/** Writes the first uses of a page: as many as fit into one commit. */
type WriteUses = (
  uses: TokenUse[],
  signal: AbortSignal | undefined,
) => Promise<{ flushed: number; unreadable?: string[] }>;

/** The most tokens whose use is kept between flushes. */
const MAX_TOKENS = 10_000;

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
export class UsageCollector implements HitObserver {
  /** Roughly in order of last use, the oldest first. */
  readonly #uses = new Map<string, CollectedUse>();
  /**
   * Where the next eviction begins: at the first entry, since those before it were deleted. A new
   * iterator would skip all of these again. Absent since the last flush: an iterator that stands
   * still keeps all that the map has had since.
   */
  #hand: IterableIterator<CollectedUse> | undefined;
  /**
   * Entries of `#uses` by the cache slot of their token, so that a hit finds its entry without a
   * look at the id. The slot may have another token by now: `token` of the entry tells.
   */
  readonly #bySlot: (CollectedUse | undefined)[] = [];
  readonly #write: WriteUses;
  #uncounted = 0;
  /** What the running flush has not written yet. */
  #flushing: CollectedUse[] = [];
  readonly #settings: UsageSettings;
  /**
   * Records a use in the token cache. Whether the token expires when idle; `undefined` on a miss.
   */
  readonly #noteActivity: (id: string, at: number) => boolean | undefined;
  /** Absent where only the host flushes. */
  readonly #schedule: FlushSchedule | undefined;
  /** Whether it was reported that a token will go idle in spite of its use. */
  #isWarned = false;

  constructor(
    write: WriteUses,
    settings: UsageSettings,
    noteActivity: (id: string, at: number) => boolean | undefined,
  ) {
    this.#write = write;
    this.#settings = settings;
    this.#noteActivity = noteActivity;
    const report = (error: unknown) => settings.onError(error, { operation: 'flush' });
    if (settings.flush !== undefined)
      this.#schedule = new FlushSchedule(() => this.flush(undefined).catch(report), settings.flush);
  }

  /** Adds uses that another instance has collected. */
  add(uses: readonly TokenUse[]): void {
    for (const use of uses) mergeUses(this.#useOf(use.id, use.at), toCollectedUse(use));
  }

  /**
   * Records the use that a verdict is. A question about the token is no use, but a rotated-out
   * secret is always recorded: someone still has it. `now` is the last clock reading.
   */
  noteVerdict(verdict: FlatVerdict, asked: AskedQuestion | undefined, now: number): void {
    const { valid, code, token } = verdict;
    if (token === undefined || !(valid || code === 'rotated_out')) return;
    // A cached verdict is as of the last read of the feed, but the use is now.
    const at = this.#settings.believed(Math.max(verdict.asOf, now));
    if (!valid) {
      const use = this.#useOf(token.id, at);
      if (token.rotation === undefined) use.reused = true;
      else noteGraceOver(use, token.rotation);
      return;
    }
    const { requirement, context, consume } = asked?.question ?? {};
    if (asked?.use === false || consume === 0) return;
    const use = this.#add(token, askedBy(requirement as Requirement | undefined), at);
    if (context?.ip !== undefined && this.#settings.addresses) noteAddress(use, context.ip, at);
  }

  /**
   * {@link noteVerdict} for a cache hit. A hit like an earlier one of its token only counts: what
   * else a use tells was recorded by that one.
   */
  noteHit(slot: number, token: VerifiedToken, asked: AskedPermissions, at: number): void {
    const use = this.#bySlot[slot];
    if (use === undefined || use.token !== token || use.lastAsked !== asked || use.lapses || at < use.at) {
      this.#linkToSlot(slot, this.#add(token, asked, at));
      return;
    }
    use.uses += 1;
    use.at = at;
    this.#schedule?.noteUse(at);
  }

  /** Adds one use to the entry of its token. */
  #add(token: VerifiedToken, asked: AskedPermissions, at: number): CollectedUse {
    const use = this.#useOf(token.id, at);
    addUses(use, { firstAt: at, at, uses: 1 });
    if (use.lapses || use.token !== token) {
      const lapses = this.#noteActivity(token.id, at);
      // A cached token is frozen. Any other is of this verdict alone, and its texts may be slices
      // of its record.
      use.token = lapses !== undefined && Object.isFrozen(token) ? token : undefined;
      use.lapses = lapses === true;
      if (use.lapses && this.#schedule === undefined) this.#warnOfIdleTokens();
    }
    if (token.successor) noteSuccessor(use, token.rotation);
    if (asked === undefined) use.untold = true;
    else if (typeof asked === 'string') {
      if (use.lastAsked !== asked) noteRequirement(use, asked);
    } else if (typeof use.lastAsked !== 'object' || !haveSameItems(use.lastAsked, asked)) {
      for (const text of asked) noteRequirement(use, text);
    }
    use.lastAsked = asked;
    this.#schedule?.noteUse(at);
    return use;
  }

  /** Once: where the host does not flush, such tokens expire while they are in use. */
  #warnOfIdleTokens(): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    this.#settings.onError(
      new LeastkeyError(
        'invalid_input',
        'usage: a token with an idle time is in use, and uses are not flushed by themselves here: give usage: { waitUntil }, or call flush',
        { path: 'usage' },
      ),
      { operation: 'usage' },
    );
  }

  /** Without gaps, which would make the array slow. */
  #linkToSlot(slot: number, use: CollectedUse): void {
    while (this.#bySlot.length < slot) this.#bySlot.push(undefined);
    this.#bySlot[slot] = use;
  }

  /**
   * Writes the collected uses, after any running flush. On a failure or an abort the rest is kept
   * for the next flush. If the outcome of a page is unknown, its uses may be counted twice, never
   * lost.
   */
  async flush(signal: AbortSignal | undefined): Promise<FlushReport> {
    // A flush that was cut off with its request holds the lock no longer than a page takes: at most
    // the deadline.
    const locks = new KeyLocks(this, new Deadline(Number.POSITIVE_INFINITY, signal), this.#settings.deadline);
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
    this.#hand = undefined;
    this.#bySlot.fill(undefined);
    return taken;
  }

  /** The entry of a token, created if missing. */
  #useOf(id: string, at: number): CollectedUse {
    const before = this.#uses.get(id);
    if (before !== undefined) return before;
    const use: CollectedUse = {
      id,
      at,
      firstAt: at,
      placed: at,
      uses: 0,
      lastAsked: undefined,
      asked: new Set(),
      token: undefined,
      lapses: false,
    };
    this.#uses.set(id, use);
    if (this.#uses.size > MAX_TOKENS) this.#evict(use);
    return use;
  }

  /**
   * Evicts the first entry that was not used since it was placed, and moves the used ones before it
   * to the end. A use itself moves nothing, because uses far outnumber evictions. Entries about
   * rotations go last: an alert matters more than a count.
   */
  #evict(newest: CollectedUse): void {
    for (let others = 2 * this.#uses.size; ; ) {
      this.#hand ??= this.#uses.values();
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = undefined;
        continue;
      }
      const use = next.value;
      others -= 1;
      this.#uses.delete(use.id);
      if (use.at === use.placed && use !== newest && (others < 0 || !tellsOfRotation(use))) {
        this.#uncounted += Math.max(use.uses, 1);
        // Its slot may still lead to it: no hit counts there any more.
        use.token = undefined;
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

function noteRequirement(use: CollectedUse, text: string): void {
  if (use.asked.has(text)) return;
  if (use.asked.size < MAX_REQUIREMENTS) use.asked.add(text);
  else use.untold = true;
}

/** The permissions and expressions of a requirement that the core has accepted. */
function askedBy(requirement: Requirement | undefined): AskedPermissions {
  if (requirement === undefined || typeof requirement === 'string') return requirement;
  if ('permission' in requirement) return requirement.permission;
  if ('expr' in requirement) return requirement.expr;
  if ('all' in requirement)
    return requirement.all.map((item) => (typeof item === 'string' ? item : item.permission));
  if ('any' in requirement) return requirement.any;
  return 'method' in requirement ? undefined : requirement;
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
  lastAsked,
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

/** Checks uses that came from another instance, of which the core checks the rest. */
export function readUses(uses: readonly TokenUse[]): TokenUse[] {
  if (!Array.isArray(uses)) throw invalidInput('uses', `expected an array, got ${kindOf(uses)}`);
  return (copyPlain(uses, 'uses') as TokenUse[]).map((use, at) => {
    const isUse =
      typeof use?.id === 'string' && Number.isSafeInteger(use.at) && Number.isSafeInteger(use.uses);
    if (isUse && (use.asked === undefined || Array.isArray(use.asked))) return use;
    throw invalidInput(`uses[${at}]`, 'expected a use as a verifier hands it on: { id, at, uses, … }');
  });
}

/** The reverse of {@link toTokenUse}. */
function toCollectedUse({ asked = [], from, ...use }: TokenUse): CollectedUse {
  return {
    ...use,
    firstAt: use.firstAt ?? use.at,
    asked: new Set(asked),
    ...(from !== undefined && { from: new Map(Object.entries(from)) }),
    placed: use.at,
    lastAsked: undefined,
    token: undefined,
    lapses: false,
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
