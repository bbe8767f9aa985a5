/** Listens for the pushes of a store, and begins again after a lost connection. */

import type { MaybePromise, Write } from '../api/store.js';

/** The pause before it tries to listen again, in milliseconds. */
const PAUSE = 1_000;

/** What a connection that listens reports. */
export interface Pushes {
  /** Something may have changed. */
  push(): void;
  /** The connection is lost. */
  lost(): void;
}

/** Begins to listen; returns what ends it. */
type Listen = (pushes: Pushes) => Promise<() => MaybePromise<void>>;

/** Whether a commit is one that verifiers have to notice: it writes a head of the change feed. */
export const changesFeed = (writes: readonly Write[]): boolean =>
  writes.some(({ key, value }) => value !== undefined && key.startsWith('feed/'));

/**
 * Calls the listener for each push until the returned function is called. Whatever was pushed while
 * there was no connection is lost, so a new connection counts as a push.
 *
 * @throws what the first attempt throws
 */
export async function keepListening(listen: Listen, listener: () => void): Promise<() => Promise<void>> {
  let isOver = false;
  let current: object | undefined;
  let end: (() => MaybePromise<void>) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const push = () => {
    if (!isOver) listener();
  };
  async function begin(): Promise<void> {
    const attempt = {};
    current = attempt;
    const lost = () => {
      if (current !== attempt) return;
      current = undefined;
      end = undefined;
      again();
    };
    const ends = await listen({ push, lost });
    if (isOver) await ends();
    else if (current === attempt) end = ends;
  }
  function again(): void {
    if (isOver) return;
    timer = setTimeout(() => begin().then(push, again), PAUSE);
    // A program that has nothing else to do may end. In browsers a timer is a number.
    (timer as { unref?(): void }).unref?.();
  }
  await begin();
  return async () => {
    isOver = true;
    current = undefined;
    clearTimeout(timer);
    await end?.();
  };
}
