/** What the kit is given: a store, and what can be done to it. */

import type { MaybePromise, Store } from '../api/store.js';

/** A fault of the connection between a client and its server. */
export type Fault =
  /**
   * The `answer`th answer of the server, from 1, is dropped and the connection is closed. If that
   * was the answer of a commit, the commit was applied and its client does not know.
   */
  | { kind: 'cut'; answer: number }
  /** The `request`th request does not reach the server, and the connection is closed. */
  | { kind: 'lose'; request: number }
  /** Nothing passes, in both directions, until {@link FaultyLink.heal}. */
  | { kind: 'stall' }
  /** The next request reaches the server twice. The client gets the first answer. */
  | { kind: 'duplicate' }
  /** Each piece of traffic is held for this long, in milliseconds. */
  | { kind: 'delay'; milliseconds: number };

/** A store behind a connection that can be disturbed, as `leastkey/store-kit/proxy` makes one. */
export interface FaultyLink {
  /** A store on the same data as `store`, over the connection. */
  store: Store;
  /** Sets the fault for the traffic that follows, in place of an earlier one. */
  arm(fault: Fault): void;
  /** Ends the fault. New connections work; what was held passes. */
  heal(): void;
  /** Whether the fault that was set last has happened. */
  readonly struck: boolean;
}

/**
 * A store with what the kit may do to it. Only `store` is required; what is absent is not checked.
 */
export interface StoreUnderTest {
  /** An empty store. */
  store: Store;
  /** A second connection to the same data, as another process has. */
  other?: Store;
  /**
   * Sets the clock by which the store drops expired keys, in milliseconds. Without it, expiry is
   * checked by the clock of the machine, which takes some seconds.
   */
  setClock?(now: number): void;
  /**
   * Kills what serves the store in the middle of its work, as `kill -9` does, and starts it again.
   * Once it resolves, `store` and `other` answer again.
   */
  kill?(): MaybePromise<void>;
  /** The store over a connection that can be disturbed. */
  link?: FaultyLink;
  /** How many bytes of the 512 of a key the store takes for itself, such as a prefix. Default 0. */
  keyOverhead?: number;
  /** Called at the end of each check. */
  close?(): MaybePromise<void>;
}
