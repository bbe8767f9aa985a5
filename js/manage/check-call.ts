import { invalidInput } from '../input/options.js';

/** How the methods are called that take an actor, by the name of their operation. */
const SIGNATURES: Readonly<Record<string, string>> = {
  create: 'create(input, actor)',
  get: 'get(id, actor)',
  list: 'list(query, actor)',
  edit: 'edit(id, change, actor)',
  disable: 'disable(id, actor)',
  enable: 'enable(id, actor)',
  revoke: 'revoke(id, {}, actor)',
  revokeAll: 'revokeAll(query, {}, actor)',
  delete: 'delete(id, actor)',
  rotate: 'rotate(id, {}, actor)',
  confirmRotation: 'confirmRotation(id, actor)',
  abortRotation: 'abortRotation(id, actor)',
  importKey: 'importKeys(rows, actor)',
  audit: 'audit(query, actor)',
  describe: 'describe(query, actor)',
  drift: 'drift(query, actor)',
};

/** Options that are often given as text, and the member that is meant. */
const TEXT_OPTIONS: Readonly<Record<string, string>> = {
  revoke: '{ reason: "…" }',
  rotate: '{ grace: "1h" }',
};

/** Members that other libraries have in the input of `create`, each with what is right. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  enabled: 'a new token is; disable(id, actor) disables it',
  prefix: 'all tokens have that of createTokens',
};

/** Members that are lifetimes, of an input and of options. */
const LIFETIMES = ['expiresIn', 'idleAfter', 'grace'];

const PLACES = ['first', 'second', 'third'];

/**
 * Refuses arguments that are of the wrong kind or in the wrong order, and says how the method is
 * called. The core, which gets them by name, could only say what is wrong with each.
 *
 * @param args the arguments by name
 * @param call the options of the call, which come after the actor
 * @param prefix the start of every credential
 * @throws {LeastkeyError} `invalid_input`.
 */
export function checkCall(
  op: string,
  args: Readonly<Record<string, unknown>>,
  call: unknown,
  prefix: string,
): void {
  for (const [name, value] of Object.entries(args)) refusePromise(value, name);
  const signature = SIGNATURES[op];
  if (signature === undefined) return;
  if ('id' in args) checkId(args.id, prefix);
  if (typeof args.query === 'string')
    throw invalidInput('query', 'expected an object, got a text; write { owner: "…" }');
  refuseDates(args.input ?? args.options);
  const example = TEXT_OPTIONS[op];
  if (example !== undefined && typeof args.options === 'string')
    throw invalidInput('options', `expected an object, got a string; write ${example}`);
  const place = PLACES[signature.split(',').length - 1];
  if (args.actor === undefined || args.actor === null)
    throw invalidInput('actor', `is required, and goes ${place}: ${signature}`);
  const before = args.input ?? args.change;
  if (isActor(before) && !isActor(args.actor)) {
    const what = args.input === undefined ? 'change' : 'input';
    throw invalidInput('id', `the ${what} has the members of an actor; call ${signature}`);
  }
  if (args.input !== undefined) refuseElsewhere(args.input);
  if (isActor(call)) throw invalidInput('actor', `it goes ${place}: ${signature}`);
}

function refuseElsewhere(input: unknown): void {
  for (const [name, right] of Object.entries(ELSEWHERE)) {
    if (typeof input === 'object' && input !== null && Object.hasOwn(input, name))
      throw invalidInput(name, `unknown member "${name}"; ${right}`);
  }
}

/** The copy of a date is a number, of which the core could only say that it has no unit. */
function refuseDates(from: unknown): void {
  for (const name of LIFETIMES) {
    if ((from as Record<string, unknown> | null | undefined)?.[name] instanceof Date)
      throw invalidInput(name, 'got a Date; write a lifetime such as "90d", or give the date as expiresAt');
  }
}

/** Refuses a promise in the place of its value. */
export function refusePromise(value: unknown, path: string, how = 'await it'): void {
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
    throw invalidInput(path, `got a promise; ${how}`);
}

function checkId(id: unknown, prefix: string): void {
  if (typeof id === 'object' && id !== null)
    throw invalidInput('id', 'expected a token id, got an object; of a record, give record.id');
  if (typeof id === 'string' && id.startsWith(`${prefix}_`)) {
    throw invalidInput(
      'id',
      `is a credential; the id of its token is the 16 letters and digits after "${prefix}_2"`,
    );
  }
}

const ACTOR_MEMBERS = ['id', 'roles', 'permissions'];

function isActor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('id' in value)) return false;
  return Object.keys(value).every((name) => ACTOR_MEMBERS.includes(name));
}
