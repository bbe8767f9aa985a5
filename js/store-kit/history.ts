/** Records the calls of several clients of a store, in the order in which they began and ended. */

import type { Store } from '../api/store.js';
import { isThenable, withTimeout } from '../runtime/deadline.js';
import { BrokenPromise } from './broken-promise.js';
import type { Asked, Call } from './call.js';

/** The calls of one history. Its clock counts the beginnings and ends of calls. */
export class History {
  readonly calls: Call[] = [];
  #clock = 0;

  /** @param limit the longest time that a call may take, in milliseconds */
  constructor(readonly limit: number) {}

  /** A store that records its calls as those of `client`, and checks the form of the answers. */
  record(store: Store, client: string): Store {
    return {
      get: (keys) =>
        this.#call(
          client,
          { kind: 'get', keys: [...keys] },
          () => store.get([...keys]),
          (answer) => {
            if (!Array.isArray(answer) || answer.length !== keys.length)
              return `get of ${keys.length} keys must answer an array of that length`;
            return answer.every((value) => value === null || typeof value === 'string')
              ? undefined
              : 'get must answer a string or null for each key';
          },
        ),
      list: (range) =>
        this.#call(
          client,
          { kind: 'list', range: { ...range } },
          () => store.list({ ...range }),
          (answer) => {
            if (!Array.isArray(answer)) return 'list must answer an array';
            return answer.every((entry) => typeof entry?.key === 'string' && typeof entry.value === 'string')
              ? undefined
              : 'list must answer entries with a string key and a string value';
          },
        ),
      commit: (writes) =>
        this.#call(
          client,
          { kind: 'commit', writes: writes.map((write) => ({ ...write })) },
          () => store.commit(writes.map((write) => ({ ...write }))),
          (answer) => (typeof answer === 'boolean' ? undefined : 'commit must answer true or false'),
        ),
    };
  }

  async #call<T>(
    client: string,
    asked: Asked,
    make: () => T | Promise<T>,
    fault: (answer: T) => string | undefined,
  ): Promise<T> {
    const call: Call = { client, began: this.#clock++, ...asked };
    this.calls.push(call);
    try {
      const made = make();
      const answer = isThenable(made) ? await withTimeout(made, this.limit) : made;
      const wrong = fault(answer);
      if (wrong !== undefined) throw new BrokenPromise('calls', wrong, [call]);
      call.answer = structuredClone(answer) as never;
      call.ended = this.#clock++;
      return answer;
    } catch (failure) {
      call.failure = failure;
      throw failure;
    }
  }
}
