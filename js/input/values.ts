import { LeastkeyError } from '../api/errors.js';
import { showName } from './did-you-mean.js';

/** No honest call comes near these; they bound what one call can cost. */
const MAX_DEPTH = 32;

const MAX_MEMBERS = 20_000;

const MAX_CHARACTERS = 1_000_000;

/**
 * A copy of a caller's value that can cross into the core: members that are `undefined` are left out, a `Date` is its
 * milliseconds. Nothing of the caller's runs while the core does. `path` is where the value stands in the call, empty
 * for the argument whose members stand for themselves.
 *
 * @throws {LeastkeyError} `invalid_input` for what JSON has no form for, and for values beyond all measure.
 */
export function copyPlain(value: unknown, path: string): unknown {
  return new Copier().copy(value, path, 0);
}

/** A caller's text. @throws {LeastkeyError} `invalid_input` for anything else. */
export function requireText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw refuse(path, 'expected a text');
}

/** A caller's object. @throws {LeastkeyError} `invalid_input` for anything else: spread, it would be an empty one. */
export function requireObject<T>(value: T, path: string): T {
  if (Object.prototype.toString.call(value) === '[object Object]') return value;
  throw refuse(path, 'expected an object');
}

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
        throw refuse(path, `expected a value that JSON can hold, got a ${typeof value}`);
    }
  }

  #copyObject(value: object, path: string, depth: number): unknown {
    if (depth === MAX_DEPTH) throw refuse(path, `nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) {
      this.#count(path, 0, value.length);
      return Array.from(value, (item, index) => this.copy(item, `${path}[${index}]`, depth + 1) ?? null);
    }
    // The tag, because an object of another realm is an instance of nothing here.
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (tag === 'Date') return Date.prototype.getTime.call(value);
    if (tag !== 'Object') throw refuse(path, `expected a plain object, got a ${tag}`);
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
      throw refuse(
        path,
        `larger than any call may be (${MAX_CHARACTERS} characters, ${MAX_MEMBERS} members)`,
      );
    }
  }
}

function memberPath(path: string, name: string): string {
  return path === '' ? showName(name) : `${path}.${showName(name)}`;
}

function refuse(path: string, message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', path === '' ? message : `${path}: ${message}`, { path });
}
