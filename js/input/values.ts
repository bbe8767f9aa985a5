import { LeastkeyError } from '../api/errors.js';
import { showName } from './did-you-mean.js';
import { kindOf } from './options.js';

/** Bounds on the cost of one call, far above what valid calls need. */
const MAX_DEPTH = 32;

const MAX_MEMBERS = 20_000;

const MAX_CHARACTERS = 1_000_000;

/**
 * A copy of a caller's value for the core. Omits members that are `undefined`; a `Date` becomes its
 * milliseconds. So no code of the caller (getters, proxies) runs during a call of the core. `path`
 * is the path of the value for errors, empty for a main argument.
 *
 * @throws {LeastkeyError} `invalid_input` for values that JSON cannot represent, and beyond bounds.
 */
export function copyPlain(value: unknown, path: string): unknown {
  return new Copier().copy(value, path, 0);
}

/** Requires a text. @throws {LeastkeyError} `invalid_input` for anything else. */
export function requireText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw invalidValue(path, `expected a text, got ${kindOf(value)}`);
}

/** Requires an object. @throws {LeastkeyError} `invalid_input` for anything else. */
export function requireObject<T>(value: T, path: string): T {
  if (Object.prototype.toString.call(value) === '[object Object]') return value;
  throw invalidValue(path, 'expected an object');
}

/** How to make the plain form of what programs often hold instead. */
const PLAIN_FORMS: Readonly<Record<string, string>> = {
  Set: '; write [...set]',
  Map: '; write Object.fromEntries(map)',
};

class Copier {
  #members = 0;
  #characters = 0;

  copy(value: unknown, path: string, depth: number): unknown {
    switch (typeof value) {
      case 'undefined':
      case 'boolean':
      case 'number':
        return value;
      case 'string':
        this.#count(path, value.length);
        return value;
      case 'object':
        return value === null ? null : this.#copyObject(value, path, depth);
      default:
        throw invalidValue(path, `expected a value that JSON can hold, got a ${typeof value}`);
    }
  }

  #copyObject(value: object, path: string, depth: number): unknown {
    if (depth === MAX_DEPTH) throw invalidValue(path, `nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) {
      this.#count(path, 0, value.length);
      return Array.from(value, (item, index) => this.copy(item, `${path}[${index}]`, depth + 1) ?? null);
    }
    // By its tag: an object of another realm fails `instanceof`.
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (tag === 'Date') {
      const millis = Date.prototype.getTime.call(value);
      if (!Number.isNaN(millis)) return millis;
      throw invalidValue(path, 'is an invalid Date; give a date such as "2027-01-31"');
    }
    if (tag !== 'Object')
      throw invalidValue(path, `expected a plain object, got a ${tag}${PLAIN_FORMS[tag] ?? ''}`);
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    this.#count(path, 0, entries.length);
    return Object.fromEntries(
      entries.map(([name, member]) => {
        this.#count(path, name.length);
        return [name, this.copy(member, memberPath(path, name), depth + 1)];
      }),
    );
  }

  #count(path: string, characters: number, members = 0): void {
    this.#characters += characters;
    this.#members += members;
    if (this.#characters > MAX_CHARACTERS || this.#members > MAX_MEMBERS) {
      throw invalidValue(
        path,
        `larger than a call may be (${MAX_CHARACTERS} characters, ${MAX_MEMBERS} members)`,
      );
    }
  }
}

function memberPath(path: string, name: string): string {
  return path === '' ? showName(name) : `${path}.${showName(name)}`;
}

function invalidValue(path: string, message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', path === '' ? message : `${path}: ${message}`, { path });
}
