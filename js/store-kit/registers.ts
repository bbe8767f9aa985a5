/** Judges a recorded history key by key, and cuts it down to the calls that show what is wrong. */

import type { Write } from '../api/store.js';
import { BrokenPromise } from './broken-promise.js';
import type { Call } from './call.js';
import { firstUnexplained, type Operation, type Value } from './linearize.js';
import type { PromiseId } from './promises.js';

/** An operation on one key, with the call that it is a part of. */
interface Part extends Operation {
  call: Call;
}

/**
 * Checks that the answers of a history are possible on a store that keeps the contract. Each value
 * that is put must be put by one commit only, so that a read names the commit that it has seen.
 *
 * @param initial the value of each key before the history; absent keys did not exist
 * @throws BrokenPromise with the smallest history that it finds
 */
export function judge(
  calls: readonly Call[],
  keys: readonly string[],
  initial: Readonly<Record<string, string>> = {},
): void {
  judgeOrigins(calls, new Set(Object.values(initial)));
  for (const key of keys) {
    const parts = calls.flatMap((call) => partsOn(call, key));
    const before = initial[key] ?? null;
    // First the commits alone: a read of what a lost update wrote would hide it.
    const commits = parts.filter(({ call, not }) => call.kind === 'commit' && not === undefined);
    for (const some of [commits, parts]) {
      const at = firstUnexplained(some, [before]);
      if (at !== undefined) throw brokenBy(key, some, at, before);
    }
  }
}

/** The operation of a call on a key; none if the call says nothing about it. */
function partsOn(call: Call, key: string): Part[] {
  const { began } = call;
  if (call.kind === 'commit') {
    const write = call.writes.find((each) => each.key === key);
    if (write === undefined) return [];
    if (call.answer === false) {
      // Of several expectations any may have failed.
      const expecting = call.writes.filter(({ expect }) => expect !== undefined);
      return expecting.length === 1 && write.expect !== undefined
        ? [{ call, began, ended: call.ended as number, not: write.expect }]
        : [];
    }
    const effect = {
      ...(write.expect !== undefined && { expect: write.expect }),
      ...(write.value !== undefined && { put: write.value }),
    };
    if (call.answer === true) return [{ call, began, ended: call.ended as number, ...effect }];
    return write.value === undefined ? [] : [{ call, began, ended: Number.POSITIVE_INFINITY, ...effect }];
  }
  if (call.ended === undefined) return [];
  const read = readOf(call, key);
  return read === undefined ? [] : [{ call, began, ended: call.ended, expect: read }];
}

function readOf(call: Call, key: string): Value | undefined {
  if (call.kind === 'get') {
    const at = call.keys.indexOf(key);
    return at < 0 ? undefined : call.answer?.[at];
  }
  if (call.kind !== 'list' || call.answer === undefined) return undefined;
  const { prefix, after = '', limit } = call.range;
  if (!key.startsWith(prefix) || key <= after) return undefined;
  const found = call.answer.find((entry) => entry.key === key);
  if (found !== undefined) return found.value;
  // Beyond a full page the list says nothing.
  const last = call.answer.at(-1)?.key;
  return call.answer.length >= limit && last !== undefined && key > last ? undefined : null;
}

/** What a call has read. */
function readsOf(call: Call): { call: Call; key: string; value: Value }[] {
  if (call.ended === undefined || call.kind === 'commit') return [];
  if (call.kind === 'list') return (call.answer ?? []).map(({ key, value }) => ({ call, key, value }));
  return call.keys.map((key, at) => ({ call, key, value: call.answer?.[at] ?? null }));
}

/** Each value that was read was put, and not by a commit that was answered `false`. */
function judgeOrigins(calls: readonly Call[], initial: ReadonlySet<string>): void {
  const origins = new Map<string, { call: Call & { kind: 'commit' }; write: Write }>();
  for (const call of calls) {
    if (call.kind !== 'commit') continue;
    for (const write of call.writes)
      if (typeof write.value === 'string') origins.set(`${write.key}\n${write.value}`, { call, write });
  }
  const seen = calls.flatMap(readsOf);
  for (const { call, key, value } of seen) {
    if (value === null || initial.has(value)) continue;
    const origin = origins.get(`${key}\n${value}`);
    if (origin === undefined)
      throw new BrokenPromise('unchanged-values', `${key} has a value that no commit has put`, [call]);
    if (origin.call.answer !== false) continue;
    const seenToo = origin.call.writes.filter(({ key: other, value: put }) =>
      seen.some((read) => read.key === other && read.value === put),
    );
    throw new BrokenPromise(
      seenToo.length < origin.call.writes.filter(({ value: put }) => typeof put === 'string').length
        ? 'whole-commits'
        : 'true-answers',
      `a commit was answered false, but its write of ${key} was applied`,
      [origin.call, call],
    );
  }
}

/** The violation with the calls that show it: fewer as long as no order explains them. */
function brokenBy(key: string, parts: readonly Part[], at: number, before: Value): BrokenPromise {
  const end = (parts[at] as Part).ended;
  // What ends later may take effect later.
  let left = parts
    .filter(({ began }) => began <= end)
    .map((part) => (part.ended > end ? { ...part, ended: Number.POSITIVE_INFINITY } : part))
    .filter(({ ended, put }) => ended !== Number.POSITIVE_INFINITY || put !== undefined);
  let initial = [before];
  const quiet = lastQuiet(left, before);
  if (quiet !== undefined) {
    left = left.filter(({ began }) => began > quiet.at);
    initial = [quiet.state];
  }
  const unexplained = (some: readonly Part[]) => firstUnexplained(some, initial) !== undefined;
  // Fewer observations are explained by all orders that explain more.
  for (const part of left.filter(({ put }) => put === undefined)) {
    const fewer = left.filter((each) => each !== part);
    if (unexplained(fewer)) left = fewer;
  }
  // A write that no other operation has seen could be left out of any order that has it.
  if (left.every(({ not }) => not === undefined)) {
    for (const part of left.filter(({ put }) => put !== undefined)) {
      const fewer = left.filter((each) => each !== part);
      if (fewer.every(({ expect }) => expect !== part.put) && unexplained(fewer)) left = fewer;
    }
  }
  const [promise, message] = verdictOn(key, left, initial[0] ?? null);
  return new BrokenPromise(
    promise,
    message,
    left.map(({ call }) => call),
  );
}

/**
 * The last moment without an open operation at which the register can have one value only; what
 * came before it is explained by that value.
 */
function lastQuiet(parts: readonly Part[], before: Value): { at: number; state: Value } | undefined {
  const ends = parts.map(({ ended }) => ended).filter((ended) => ended !== Number.POSITIVE_INFINITY);
  for (const at of ends.sort((a, b) => b - a)) {
    if (parts.some(({ began, ended }) => began < at && ended > at)) continue;
    const past = parts.filter(({ ended }) => ended <= at);
    if (firstUnexplained(past, [before]) !== undefined) continue;
    const states = [before, ...past.flatMap(({ put }) => (put === undefined ? [] : [put]))];
    // A read at the end can only answer a value that the register can have.
    const possible = [...new Set(states)].filter((state) => {
      const read = { began: at + 0.25, ended: at + 0.5, expect: state };
      return firstUnexplained([...past, read], [before]) === undefined;
    });
    if (possible.length === 1 && parts.some(({ began }) => began > at))
      return { at, state: possible[0] as Value };
  }
  return undefined;
}

function verdictOn(key: string, parts: readonly Part[], initial: Value): [PromiseId, string] {
  const from = `${key} was ${initial === null ? 'absent' : JSON.stringify(initial)} before`;
  const refused = parts.some(({ not }) => not !== undefined);
  const reads = parts.filter(({ call }) => call.kind !== 'commit');
  if (reads.length === 0 && !refused)
    return [
      'compare-and-swap',
      `${from}; these commits were all answered true, but no order of them allows that`,
    ];
  if (reads.length === 0 || refused)
    return ['compare-and-swap', `${from}; no order explains that a commit was answered false`];
  return ['linearizable-reads', `${from}; no order of these calls explains what was read`];
}
