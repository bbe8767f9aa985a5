/**
 * Whether the operations on one register, a key of a store, can be put in an order that explains
 * all answers and respects which operation ended before which began (linearizability).
 *
 * The search is "just in time" (Lowe 2017): it walks through the beginnings and ends, and keeps
 * every state that the register can have, with the open operations that have taken effect in it.
 * When an operation ends, it must have taken effect. An operation without effect on the state takes
 * effect as soon as the state permits, which never excludes another order. So only open writes
 * branch. The cut per key is sound: a store that is linearizable is so on each of its keys.
 */

/** The value of a register; `null` if the key does not exist. */
export type Value = string | null;

/** An operation on a register. A read expects what it answered. */
export interface Operation {
  began: number;
  /** `Infinity` if it was not answered: it may take effect at any time, or never. */
  ended: number;
  /** It takes effect only on this value. */
  expect?: Value;
  /** It takes effect only on another value: a commit that was answered `false`. */
  not?: Value;
  /** The value afterwards. Absent: as before. */
  put?: Value;
}

/** A state that the register can have, and the open operations that have taken effect in it. */
interface Configuration {
  state: Value;
  done: ReadonlySet<number>;
}

const permits = ({ expect, not }: Operation, state: Value): boolean =>
  (expect === undefined || expect === state) && (not === undefined || not !== state);

const keyOf = ({ state, done }: Configuration): string =>
  JSON.stringify([state, [...done].sort((a, b) => a - b)]);

/**
 * The index of the first operation, by its end, that no order explains; `undefined` if there is an
 * order for all. `initial`: the values that the register can have before.
 */
export function firstUnexplained(
  operations: readonly Operation[],
  initial: readonly Value[],
): number | undefined {
  const events = operations.flatMap(({ began, ended }, index) => [
    { at: began, begins: true, index },
    ...(ended === Number.POSITIVE_INFINITY ? [] : [{ at: ended, begins: false, index }]),
  ]);
  // At the same time, beginnings come first: then the operations are concurrent.
  events.sort((a, b) => a.at - b.at || Number(b.begins) - Number(a.begins));
  const open = new Set<number>();
  let configurations = unique(initial.map((state) => ({ state, done: new Set<number>() })));
  for (const { begins, index } of events) {
    if (begins) {
      open.add(index);
      configurations = unique(configurations.map((each) => settle(each, operations, open)));
    } else {
      configurations = unique(configurations.flatMap((each) => endings(each, index, operations, open)));
      open.delete(index);
      if (configurations.length === 0) return index;
    }
  }
  return undefined;
}

/** The configuration with all open operations done that are possible in it and change nothing. */
function settle(
  { state, done }: Configuration,
  operations: readonly Operation[],
  open: ReadonlySet<number>,
): Configuration {
  const settled = new Set(done);
  for (const index of open) {
    const operation = operations[index] as Operation;
    if (operation.put === undefined && permits(operation, state)) settled.add(index);
  }
  return { state, done: settled };
}

/** The configurations that are reached from one when operation `last` ends, without it. */
function endings(
  from: Configuration,
  last: number,
  operations: readonly Operation[],
  open: ReadonlySet<number>,
): Configuration[] {
  const reached: Configuration[] = [];
  const seen = new Set<string>();
  const waiting = [from];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (each.done.has(last)) {
      const done = new Set(each.done);
      done.delete(last);
      reached.push({ state: each.state, done });
      continue;
    }
    for (const index of open) {
      const operation = operations[index] as Operation;
      if (operation.put === undefined || each.done.has(index) || !permits(operation, each.state)) continue;
      const next = settle({ state: operation.put, done: new Set(each.done).add(index) }, operations, open);
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
  return reached;
}

function unique(configurations: readonly Configuration[]): Configuration[] {
  return [...new Map(configurations.map((each) => [keyOf(each), each])).values()];
}
