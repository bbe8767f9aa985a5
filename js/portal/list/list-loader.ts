import { LeastkeyError } from '../../api/errors.js';
import type { TokenSummary } from '../../api/token.js';
import type { PortalSource } from '../data/source.js';

/** Filters. Empty: none. */
export interface Filters {
  search: string;
  kind: string;
  status: '' | TokenSummary['status'];
}

export type Order = 'newest' | 'name' | 'expires' | 'used';

const PAGE = 200;

/**
 * While pages come in, they are shown this many milliseconds apart: drawing each of five hundred
 * would hold everything else up.
 */
const PACE = 200;

/**
 * Enough tokens for the first screen. Reading continues until then, because with filters one page
 * may match nothing.
 */
const ENOUGH = 50;

export const EVERYTHING: Filters = { search: '', kind: '', status: '' };

/** The tokens of an owner that have been read. */
export class Listing {
  filters: Filters = EVERYTHING;
  order: Order = 'newest';
  state: 'loading' | 'ready' | 'failed' = 'loading';
  error: unknown;
  /** The ids of damaged records. */
  unreadable: readonly string[] = [];
  /** Where to continue: the last id that was read. Absent: nothing was read, or everything. */
  next: string | undefined;
  /** Whether everything was read. Until then, a missing token may still come. */
  ended = false;
  readonly #source: PortalSource;
  readonly #owner: string;
  readonly #onChange: () => void;
  #read: TokenSummary[] = [];
  #sorted: readonly TokenSummary[] | undefined;
  #controller = new AbortController();

  constructor(source: PortalSource, owner: string, onChange: () => void) {
    this.#source = source;
    this.#owner = owner;
    this.#onChange = onChange;
  }

  /** The tokens in order. During reading, sorted again only after growing by a fifth. */
  get items(): readonly TokenSummary[] {
    if (this.order === 'newest') return this.#read;
    const { length } = this.#sorted ?? [];
    if (length === 0 || this.state !== 'loading' || this.#read.length > length * 1.2) {
      this.#sorted ??= this.#read.toSorted(ORDERS[this.order]);
      if (this.#sorted.length < this.#read.length) this.#sorted = this.#read.toSorted(ORDERS[this.order]);
    }
    return this.#sorted ?? this.#read;
  }

  get filtering(): boolean {
    return Object.values(this.filters).some((filter) => filter !== '');
  }

  /** Whether the owner has no tokens at all. */
  get empty(): boolean {
    return this.state === 'ready' && this.#read.length === 0 && this.ended && !this.filtering;
  }

  /** Starts again. */
  async restart(filters: Filters = this.filters): Promise<void> {
    this.filters = filters;
    this.#read = [];
    this.next = undefined;
    this.ended = false;
    this.unreadable = [];
    await this.#load(() => this.#read.length < ENOUGH);
  }

  /** The instant since which all created tokens were read; absent: unknown. */
  get since(): number | undefined {
    return this.next === undefined ? undefined : madeAt(this.next);
  }

  /** Reads one more page of matches. */
  async more(): Promise<void> {
    if (this.state === 'loading' || this.ended) return;
    const enough = this.#read.length + ENOUGH;
    await this.#load(() => this.#read.length < enough);
  }

  /** Reads the rest, until {@link stop}. */
  async rest(): Promise<void> {
    await this.#load(() => true);
  }

  stop(): void {
    this.#controller.abort();
    this.state = 'ready';
    this.#changed();
  }

  sort(order: Order): void {
    this.order = order;
    this.#changed();
  }

  /** Applies a changed record without reading the list again. */
  put(record: TokenSummary): void {
    const at = this.#read.findIndex(({ id }) => id === record.id);
    if (at === -1) this.#read = [record, ...this.#read];
    else this.#read = this.#read.with(at, { ...usageOf(this.#read[at] as TokenSummary), ...record });
    this.#changed();
  }

  remove(id: string): void {
    this.#read = this.#read.filter((record) => record.id !== id);
    this.#changed();
  }

  /** Reads pages while `wanted` returns true. */
  async #load(wanted: () => boolean): Promise<void> {
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.state = 'loading';
    this.#changed();
    const { search, kind, status } = this.filters;
    let shown = performance.now();
    try {
      for (let calls = 0; calls === 0 || (!this.ended && wanted()); calls++) {
        const page = await this.#source.list(
          {
            owner: this.#owner,
            limit: PAGE,
            ...(search === '' ? {} : { search }),
            ...(kind === '' ? {} : { kind }),
            ...(status === '' ? {} : { status }),
            ...(this.next === undefined ? {} : { after: this.next }),
          },
          signal,
        );
        if (signal.aborted) return;
        this.#read.push(...page.items);
        this.unreadable = [...this.unreadable, ...(page.unreadable ?? [])];
        this.next = page.next;
        this.ended = page.next === undefined;
        if (calls > 0 && performance.now() - shown < PACE) continue;
        shown = performance.now();
        this.#onChange();
      }
      this.state = 'ready';
    } catch (error) {
      // Another search began, or this one was stopped.
      if (signal.aborted && !(error instanceof LeastkeyError)) return;
      this.state = 'failed';
      this.error = error;
    }
    this.#changed();
  }

  #changed(): void {
    this.#sorted = undefined;
    this.#onChange();
  }
}

/** The creation time of a token, by the first half of its id. */
function madeAt(id: string): number | undefined {
  if (!/^[0-9A-Za-z]{16}$/.test(id)) return undefined;
  const at = [...id.slice(0, 8)].reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0);
  return at > LATEST ? undefined : at;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The last instant that a `Date` can be. */
const LATEST = 8_640_000_000_000_000;

/** Members that a change does not return. */
const usageOf = ({ lastUsedAt, uses, permissionUse }: TokenSummary): Partial<TokenSummary> => ({
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  ...(uses === undefined ? {} : { uses }),
  ...(permissionUse === undefined ? {} : { permissionUse }),
});

const text = new Intl.Collator(undefined, { numeric: true });

const ORDERS: Readonly<Record<Exclude<Order, 'newest'>, (a: TokenSummary, b: TokenSummary) => number>> = {
  name: (a, b) => text.compare(a.name, b.name),
  expires: (a, b) =>
    (a.expiresAt ?? Number.POSITIVE_INFINITY) - (b.expiresAt ?? Number.POSITIVE_INFINITY) || 0,
  used: (a, b) => (a.lastUsedAt ?? 0) - (b.lastUsedAt ?? 0),
};
