/** Stores that each break one promise, as databases and clients in use do. */

import type { Entry, Range, Store, Write } from 'leastkey';
import { LeastkeyError } from 'leastkey';
import type { Fault, PromiseId, StoreUnderTest } from 'leastkey/store-kit';

export interface BrokenStore {
  /** What is wrong with it, as in "the store that …". */
  fault: string;
  /** The promises that it breaks; the first is the one that the first failing check names. */
  breaks: [PromiseId, ...PromiseId[]];
  open(): StoreUnderTest;
}

/** Lets other calls go on, as an answer over a network does. */
const elsewhere = () => new Promise<void>((resolve) => setImmediate(resolve));

const after = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A right store in memory, whose parts can be replaced. Its calls are asynchronous. */
class RightStore implements Store {
  values = new Map<string, { value: string; expiresAt?: number }>();
  now = () => Date.now();

  read(key: string): string | null {
    return this.values.get(key)?.value ?? null;
  }

  holds({ key, expect }: Write): boolean {
    return expect === undefined || expect === this.read(key);
  }

  apply({ key, value, expiresAt }: Write): void {
    if (value === null) this.values.delete(key);
    else if (value !== undefined)
      this.values.set(key, { value, ...(expiresAt !== undefined && { expiresAt }) });
  }

  sweep(): void {
    for (const [key, { expiresAt }] of this.values)
      if (expiresAt !== undefined && expiresAt <= this.now()) this.values.delete(key);
  }

  compare(one: string, other: string): number {
    return one < other ? -1 : 1;
  }

  inRange(key: string, { prefix, after = '' }: Range): boolean {
    return key.startsWith(prefix) && key > after;
  }

  async get(keys: string[]): Promise<(string | null)[]> {
    await elsewhere();
    return keys.map((key) => this.read(key));
  }

  async list(range: Range): Promise<Entry[]> {
    await elsewhere();
    return [...this.values]
      .filter(([key]) => this.inRange(key, range))
      .sort(([one], [other]) => this.compare(one, other))
      .slice(0, range.limit)
      .map(([key, { value }]) => ({ key, value }));
  }

  async commit(writes: Write[]): Promise<boolean> {
    await elsewhere();
    if (!writes.every((write) => this.holds(write))) return false;
    for (const write of writes) this.apply(write);
    this.sweep();
    return true;
  }
}

/** A right store with some methods replaced. */
function altered(change: (store: RightStore) => void): () => StoreUnderTest {
  return () => {
    const store = new RightStore();
    change(store);
    let now: number | undefined;
    store.now = () => now ?? Date.now();
    return {
      store,
      setClock(instant) {
        now = instant;
      },
    };
  };
}

/** A right store that can be killed. */
export function rightStore(): StoreUnderTest {
  return killable(() => {});
}

/** A store that saves its values after each commit; a kill loses what was not saved. */
function killable(change: (store: RightStore, save: (keys?: string[]) => void) => void): StoreUnderTest {
  const store = new RightStore();
  const saved = new Map(store.values);
  let running = true;
  const save = (keys = [...new Set([...saved.keys(), ...store.values.keys()])]) => {
    for (const key of running ? keys : []) {
      const value = store.values.get(key);
      if (value === undefined) saved.delete(key);
      else saved.set(key, value);
    }
  };
  const commit = store.commit.bind(store);
  store.commit = async (writes) => {
    const applied = await commit(writes);
    save();
    await elsewhere();
    return applied;
  };
  change(store, save);
  const up =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A) => {
      if (!running) throw new Error('the store is down');
      const answer = await call(...args);
      if (!running) throw new Error('the store went down');
      return answer;
    };
  return {
    store: {
      get: up((keys: string[]) => store.get(keys)),
      list: up((range: Range) => store.list(range)),
      commit: up((writes: Write[]) => store.commit(writes)),
    },
    async kill() {
      running = false;
      await after(5);
      store.values = new Map(saved);
      running = true;
    },
  };
}

/** A store over a connection in this process: `send` is what a client does about a lost answer. */
function linked(send: (attempt: () => Promise<boolean>) => Promise<boolean>): StoreUnderTest {
  const store = new RightStore();
  let fault: Fault | undefined;
  let struck = false;
  let heal = () => {};
  let healed = Promise.resolve();
  async function transfer<T>(call: () => Promise<T>): Promise<T> {
    if (fault?.kind === 'stall') {
      struck = true;
      await healed;
    }
    if (fault?.kind === 'delay') await after(fault.milliseconds);
    if (fault?.kind === 'lose' && fault.request === 1 && !struck) {
      struck = true;
      throw new Error('connection closed');
    }
    if (fault?.kind === 'duplicate' && !struck) {
      struck = true;
      const answer = await call();
      await call();
      return answer;
    }
    const answer = await call();
    if (fault?.kind === 'cut' && fault.answer === 1 && !struck) {
      struck = true;
      throw new Error('connection closed');
    }
    return answer;
  }
  return {
    store,
    link: {
      store: {
        get: (keys) => transfer(() => store.get(keys)),
        list: (range) => transfer(() => store.list(range)),
        commit: (writes) => send(() => transfer(() => store.commit(writes))),
      },
      arm(next) {
        fault = next;
        struck = false;
        healed = new Promise((resolve) => {
          heal = resolve;
        });
      },
      heal() {
        fault = undefined;
        heal();
      },
      get struck() {
        return struck;
      },
    },
  };
}

/** A right store over a connection. */
export const rightLink = (): StoreUnderTest => linked((attempt) => attempt());

export const BROKEN_STORES: BrokenStore[] = [
  {
    fault: 'applies writes one by one until an expectation fails',
    breaks: ['whole-commits'],
    open: altered((store) => {
      store.commit = async (writes) => {
        await elsewhere();
        for (const write of writes) {
          if (!store.holds(write)) return false;
          store.apply(write);
        }
        return true;
      };
    }),
  },
  {
    fault: 'checks first and writes later, in a transaction of read committed',
    breaks: ['compare-and-swap'],
    open: altered((store) => {
      store.commit = async (writes) => {
        if (!writes.every((write) => store.holds(write))) return false;
        await elsewhere();
        for (const write of writes) store.apply(write);
        return true;
      };
    }),
  },
  {
    fault: 'creates with insert-or-replace, so that of two creations both succeed',
    breaks: ['compare-and-swap'],
    open: altered((store) => {
      const creating = new Set<string>();
      const commit = store.commit.bind(store);
      store.commit = async (writes) => {
        const created = writes.filter(({ expect }) => expect === null);
        if (!writes.every((write) => store.holds(write))) return false;
        for (const { key } of created) creating.add(key);
        await elsewhere();
        return commit(
          writes.map(({ expect, ...write }) =>
            creating.has(write.key) || expect === undefined ? write : { ...write, expect },
          ),
        );
      };
    }),
  },
  {
    fault: 'checks a write that only looks against an older snapshot',
    breaks: ['compare-and-swap'],
    open: altered((store) => {
      store.commit = async (writes) => {
        const snapshot = new Map(store.values);
        await elsewhere();
        const holds = ({ key, expect, value }: Write) =>
          expect === undefined ||
          expect === ((value === undefined ? snapshot : store.values).get(key)?.value ?? null);
        if (!writes.every(holds)) return false;
        for (const write of writes) store.apply(write);
        return true;
      };
    }),
  },
  {
    fault: 'ignores the expectation of a write that only looks',
    breaks: ['compare-and-swap'],
    open: altered((store) => {
      const holds = store.holds.bind(store);
      store.holds = (write) => write.value === undefined || holds(write);
    }),
  },
  {
    fault: 'reads from a replica that is behind',
    breaks: ['linearizable-reads'],
    open() {
      const store = new RightStore();
      let replica = new Map(store.values);
      const commit = store.commit.bind(store);
      store.commit = async (writes) => {
        const applied = await commit(writes);
        const values = new Map(store.values);
        setTimeout(() => {
          replica = values;
        }, 20);
        return applied;
      };
      const behind = new RightStore();
      const onReplica = <T>(read: () => Promise<T>) => {
        behind.values = replica;
        return read();
      };
      return {
        store,
        other: {
          get: (keys) => onReplica(() => behind.get(keys)),
          list: (range) => onReplica(() => behind.list(range)),
          commit: (writes) => store.commit(writes),
        },
      };
    },
  },
  {
    fault: 'has a cache in front of get that another process does not clear',
    breaks: ['linearizable-reads', 'one-moment'],
    open() {
      const store = new RightStore();
      const cached = (): Store => {
        const cache = new Map<string, { value: string | null; until: number }>();
        return {
          async get(keys) {
            const missing = keys.filter((key) => (cache.get(key)?.until ?? 0) < Date.now());
            for (const [at, value] of (await store.get(missing)).entries())
              cache.set(missing[at] as string, { value, until: Date.now() + 50 });
            return keys.map((key) => cache.get(key)?.value ?? null);
          },
          list: (range) => store.list(range),
          async commit(writes) {
            const applied = await store.commit(writes);
            for (const { key } of writes) cache.delete(key);
            return applied;
          },
        };
      };
      return { store: cached(), other: cached() };
    },
  },
  {
    fault: 'lists from an index that is updated later',
    breaks: ['linearizable-reads'],
    open: altered((store) => {
      const index = new RightStore();
      const commit = store.commit.bind(store);
      store.commit = async (writes) => {
        const applied = await commit(writes);
        const values = new Map(store.values);
        setTimeout(() => {
          index.values = values;
        }, 30);
        return applied;
      };
      // Other lists are right, so that one promise alone is broken.
      const list = store.list.bind(store);
      store.list = (range) => (range.prefix === 'turn' ? index.list(range) : list(range));
    }),
  },
  {
    fault: 'orders keys by a language',
    breaks: ['byte-order', 'calls'],
    open: altered((store) => {
      store.compare = (one, other) => one.localeCompare(other, 'en');
    }),
  },
  {
    fault: 'does not tell capitals apart in keys',
    breaks: ['byte-order'],
    open: altered((store) => {
      const folded = new Map<string, string>();
      const name = (key: string) => folded.get(key.toLowerCase()) ?? key;
      store.read = (key) => store.values.get(name(key))?.value ?? null;
      const apply = store.apply.bind(store);
      store.apply = (write) => {
        apply({ ...write, key: name(write.key) });
        if (typeof write.value === 'string' && !folded.has(write.key.toLowerCase()))
          folded.set(write.key.toLowerCase(), write.key);
      };
    }),
  },
  {
    fault: 'finds prefixes with LIKE and does not escape them',
    breaks: ['calls'],
    open: altered((store) => {
      store.inRange = (key, { prefix, after = '' }) => {
        const pattern = prefix
          .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('%', '.*')
          .replaceAll('_', '.');
        return new RegExp(`^${pattern}`).test(key) && key > after;
      };
    }),
  },
  {
    fault: 'begins a page with the key it was to come after',
    breaks: ['calls'],
    open: altered((store) => {
      store.inRange = (key, { prefix, after = '' }) => key.startsWith(prefix) && key >= after;
    }),
  },
  {
    fault: 'limits a list before it filters',
    breaks: ['calls'],
    open: altered((store) => {
      store.list = async (range) =>
        [...store.values]
          .sort(([one], [other]) => store.compare(one, other))
          .filter(([key]) => key >= range.prefix)
          .slice(0, range.limit)
          .filter(([key]) => store.inRange(key, range))
          .map(([key, { value }]) => ({ key, value }));
    }),
  },
  {
    fault: 'normalizes Unicode',
    breaks: ['unchanged-values'],
    open: altered((store) => {
      const apply = store.apply.bind(store);
      store.apply = (write) =>
        apply(typeof write.value === 'string' ? { ...write, value: write.value.normalize() } : write);
      store.holds = ({ key, expect }) =>
        expect === undefined || (expect?.normalize() ?? null) === store.read(key);
    }),
  },
  {
    fault: 'keeps an empty text as nothing',
    breaks: ['unchanged-values', 'compare-and-swap'],
    open: altered((store) => {
      const apply = store.apply.bind(store);
      store.apply = (write) => apply(write.value === '' ? { ...write, value: null } : write);
    }),
  },
  {
    fault: 'compares JSON by what it means',
    breaks: ['unchanged-values'],
    open: altered((store) => {
      const meaning = (text: string | null) => {
        try {
          return text === null ? null : JSON.stringify(JSON.parse(text));
        } catch {
          return text;
        }
      };
      store.holds = ({ key, expect }) =>
        expect === undefined ||
        ((expect === null) === (store.read(key) === null) && meaning(expect) === meaning(store.read(key)));
    }),
  },
  {
    fault: 'keeps 65,535 characters of a value',
    breaks: ['bounds'],
    open: altered((store) => {
      const apply = store.apply.bind(store);
      store.apply = (write) =>
        apply(typeof write.value === 'string' ? { ...write, value: write.value.slice(0, 65_535) } : write);
    }),
  },
  {
    fault: 'takes 25 writes at most',
    breaks: ['bounds', 'calls'],
    open: altered((store) => {
      const commit = store.commit.bind(store);
      store.commit = (writes) => {
        if (writes.length > 25) throw new RangeError('too many writes');
        return commit(writes);
      };
    }),
  },
  {
    fault: 'rounds an expiry down to seconds',
    breaks: ['no-early-expiry'],
    open: altered((store) => {
      const apply = store.apply.bind(store);
      store.apply = (write) =>
        apply(
          write.expiresAt === undefined
            ? write
            : { ...write, expiresAt: Math.floor((write.expiresAt - 1) / 1_000) * 1_000 },
        );
    }),
  },
  {
    fault: 'leaves the old expiry on a key that is written again',
    breaks: ['no-early-expiry'],
    open: altered((store) => {
      const apply = store.apply.bind(store);
      store.apply = (write) => {
        const { expiresAt } = store.values.get(write.key) ?? {};
        apply(expiresAt === undefined || write.value === null ? write : { expiresAt, ...write });
      };
    }),
  },
  {
    fault: 'reads the keys of a get one by one',
    breaks: ['one-moment'],
    open: altered((store) => {
      store.get = async (keys) => {
        const values: (string | null)[] = [];
        for (const key of keys) {
          values.push(store.read(key));
          // Rarely elsewhere: a get of few keys is of one moment.
          if (values.length % 32 === 0) await elsewhere();
        }
        return values;
      };
    }),
  },
  {
    fault: 'answers each key once, whatever was asked',
    breaks: ['calls'],
    open: altered((store) => {
      store.get = async (keys) => [...new Set(keys)].map((key) => store.read(key));
    }),
  },
  {
    fault: 'throws where an expectation does not hold',
    breaks: ['true-answers', 'calls'],
    open: altered((store) => {
      const commit = store.commit.bind(store);
      store.commit = async (writes) => {
        if (await commit(writes)) return true;
        throw new Error('conflict');
      };
    }),
  },
  {
    fault: 'answers true and drops one commit of nine',
    breaks: [
      'true-answers',
      'calls',
      'byte-order',
      'unchanged-values',
      'bounds',
      'compare-and-swap',
      'whole-commits',
      'no-early-expiry',
      'linearizable-reads',
      'one-moment',
    ],
    open: altered((store) => {
      let count = 0;
      const commit = store.commit.bind(store);
      store.commit = async (writes) =>
        ++count % 9 === 0 && writes.every((write) => store.holds(write)) ? true : commit(writes);
    }),
  },
  {
    fault: 'applies a commit again later if it has no expectation',
    breaks: ['true-answers', 'no-early-expiry', 'linearizable-reads', 'one-moment', 'compare-and-swap'],
    open: altered((store) => {
      const commit = store.commit.bind(store);
      store.commit = async (writes) => {
        const again = structuredClone(writes);
        const applied = await commit(writes);
        if (applied && writes.every(({ expect }) => expect === undefined)) {
          setTimeout(() => {
            for (const write of again) store.apply(write);
          }, 40);
        }
        return applied;
      };
    }),
  },
  {
    fault: 'does not answer a get of 128 keys',
    breaks: ['time'],
    open: altered((store) => {
      const get = store.get.bind(store);
      store.get = (keys) => (keys.length >= 128 ? new Promise(() => {}) : get(keys));
    }),
  },
  {
    fault: 'saves later what it has answered',
    breaks: ['durable-commits'],
    open: () =>
      killable((store, save) => {
        store.commit = RightStore.prototype.commit.bind(store);
        setInterval(save, 100).unref();
      }),
  },
  {
    fault: 'saves a commit key by key',
    breaks: ['whole-commits'],
    open: () =>
      killable((store, save) => {
        store.commit = async (writes) => {
          const applied = await RightStore.prototype.commit.call(store, writes);
          for (const { key } of applied ? writes : []) {
            save([key]);
            await after(1);
          }
          return applied;
        };
      }),
  },
  {
    fault: 'sends a commit again by itself when its answer is lost',
    breaks: ['true-answers'],
    open: () => linked((attempt) => attempt().catch(attempt)),
  },
  {
    fault: 'answers false when the connection breaks',
    breaks: ['true-answers'],
    open: () => linked((attempt) => attempt().catch(() => false)),
  },
  {
    fault: 'says that nothing was changed when the connection breaks',
    breaks: ['true-answers'],
    open: () =>
      linked((attempt) =>
        attempt().catch((cause) => {
          throw new LeastkeyError('store_unavailable', 'nothing was changed', { cause });
        }),
      ),
  },
];
