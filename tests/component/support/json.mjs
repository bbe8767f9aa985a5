/** Values of the transpiled components in the JSON of the vectors, and back, for any runtime. */

/** Leaves out the members that are absent, as the vectors do. */
function compact(value) {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

const some = (list) => (list.length > 0 ? list : undefined);
const number = (instant) => (instant === undefined ? undefined : Number(instant));

export function verdictOf({ token, missing, retryAfter, asOf, ...verdict }) {
  return compact({
    ...verdict,
    token: token && tokenOf(token),
    missing: some(missing),
    retryAfter: number(retryAfter),
    asOf: Number(asOf),
  });
}

function tokenOf({ tags, metadata, resources, createdAt, expiresAt, rotation, successor, ...token }) {
  const bounded = resources.map(({ permission, resources: places }) => [permission, places]);
  return compact({
    ...token,
    tags: some(tags),
    metadata: metadata === undefined ? undefined : JSON.parse(metadata),
    resources: bounded.length > 0 ? Object.fromEntries(bounded) : undefined,
    createdAt: Number(createdAt),
    expiresAt: number(expiresAt),
    rotation: number(rotation),
    successor: successor || undefined,
  });
}

export function writesOf(writes) {
  return writes.map(({ key, expect, value, expiresAt }) =>
    compact({
      key,
      expect: expect && (expect.value ?? null),
      value: value && (value.value ?? null),
      expiresAt: number(expiresAt),
    }),
  );
}

export const refusalOf = ({ problems, ...refusal }) => compact({ ...refusal, problems: some(problems) });

const needOf = ({ list, urgent, ...need }) =>
  compact({ ...need, list: list && compact(list), urgent: urgent || undefined });

/** A step, by the function that writes its answer. */
function stepOf({ tag, val }, answerOf) {
  if (tag === 'need') return { need: needOf(val) };
  if (tag === 'prepare') return { prepare: { writes: writesOf(val) } };
  if (tag === 'refuse') return { refuse: refusalOf(val) };
  if (tag === 'answer') return { answer: answerOf(val) };
  const { writes, verdict, outcome } = val;
  return { commit: { writes: writesOf(writes), answer: answerOf(verdict ?? outcome) } };
}

export const verifyStepOf = (step) => stepOf(step, verdictOf);
export const planStepOf = (step) => stepOf(step, ({ answer }) => JSON.parse(answer));

/**
 * A question of the vectors as the component takes it; `undefined` if its types cannot say it, as
 * those that are malformed.
 */
export function questionOf({ requirement, context = {}, consume, ...more }) {
  const needed = neededOf(requirement);
  const isCount = consume === undefined || (Number.isInteger(consume) && consume >= 0);
  const texts = Object.entries(context).every(
    ([name, value]) => ['ip', 'origin', 'audience'].includes(name) && typeof value === 'string',
  );
  if (needed === undefined || !isCount || !texts || Object.keys(more).length > 0) return undefined;
  return { requirement: needed, authenticateOnly: requirement === undefined, ...context, consume };
}

function neededOf(requirement) {
  if (requirement === undefined) return [];
  if (typeof requirement === 'string') return [{ permission: requirement }];
  if (Array.isArray(requirement)) return allOf(requirement, undefined);
  if (requirement === null || typeof requirement !== 'object') return undefined;
  const { resource, ...form } = requirement;
  const [[name, value] = [], ...others] = Object.entries(form);
  if (others.length > 0 || (resource !== undefined && typeof resource !== 'string')) return undefined;
  if (name === 'all') return allOf(value, resource);
  if (name === 'any') return joined(value, ' OR ', resource);
  if (!['permission', 'expr'].includes(name) || typeof value !== 'string') return undefined;
  return [{ permission: value, resource }];
}

/** On a resource, an expression; a text in a list must not be read as one. */
function allOf(items, resource) {
  if (resource !== undefined) return joined(items, ' AND ', resource);
  if (!Array.isArray(items) || items.length < 2) return joined(items, ' AND ', undefined);
  const needed = items.map((item) => (typeof item === 'string' ? { permission: item } : item));
  const isNeeded = (item) =>
    typeof item?.permission === 'string' &&
    Object.keys(item).every((name) => /permission|resource/.test(name));
  return needed.every(isNeeded) ? needed : undefined;
}

function joined(items, by, resource) {
  const isPlain = (item) => typeof item === 'string' && /^[^\s()]+$/.test(item);
  if (!Array.isArray(items) || items.length === 0 || !items.every(isPlain)) return undefined;
  return [{ permission: items.join(by), resource }];
}
