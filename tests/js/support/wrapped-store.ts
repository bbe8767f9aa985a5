import type { MaybePromise, Store } from 'leastkey';

/** A store whose calls can be replaced one by one. */
export function wrapped(inner: Store, replaced: Partial<Store>): Store {
  return {
    get: (keys) => inner.get(keys),
    list: (range) => inner.list(range),
    commit: (writes) => inner.commit(writes),
    ...replaced,
  };
}

/** A promise that never settles. */
export function never<T>(): MaybePromise<T> {
  return new Promise(() => {});
}
