import type { Problem } from '../api/codes.js';

/**
 * Reads a row of another system's table strictly. A row with an unreadable value is left out: a
 * misread expiry would make a key valid forever.
 */
export class ForeignRow {
  /** Why the row is left out. */
  readonly problems: Problem[] = [];
  /** What becomes stricter or is lost. */
  readonly notes: Problem[] = [];
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(row: unknown) {
    const object = isObject(row);
    this.#members = object ? row : {};
    if (!object) this.refuse('', 'expected an object with the columns of the row');
  }

  refuse(path: string, message: string): undefined {
    this.problems.push({ path, message });
    return undefined;
  }

  note(path: string, message: string): void {
    this.notes.push({ path, message });
  }

  /** The members of a column that holds JSON, as text or parsed. */
  object(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.json(name);
    if (value === undefined || isObject(value)) return value;
    return this.refuse(name, 'expected a JSON object');
  }

  /** A column that holds JSON, as text or parsed. Some adapters write text twice. */
  json(name: string): unknown {
    let value = this.value(name);
    try {
      for (let times = 0; typeof value === 'string' && times < 2; times++) value = JSON.parse(value);
    } catch {
      return this.refuse(name, 'expected JSON');
    }
    return value ?? undefined;
  }

  /** A text; `undefined` where the column is empty. */
  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, 'expected a text');
  }

  requiredText(name: string): string | undefined {
    const text = this.text(name);
    return text === undefined || text === '' ? this.refuse(name, 'expected a text that is not empty') : text;
  }

  /** A list of texts. */
  texts(name: string): string[] | undefined {
    const value = this.json(name);
    if (value === undefined || isTexts(value)) return value;
    return this.refuse(name, 'expected a list of texts');
  }

  whole(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
      return value as number;
    return this.refuse(name, 'expected a whole number from 0');
  }

  /** A flag, as databases without booleans write it too. */
  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 0 || value === 1) return value === 1;
    return this.refuse(name, 'expected true or false');
  }

  /** An instant in milliseconds; `undefined` where the column is empty. */
  instant(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const instant = typeof value === 'string' ? parseInstant(value) : Number(value);
    const kind = typeof value === 'number' || typeof value === 'string' || isDate(value);
    if (kind && Number.isSafeInteger(instant) && instant >= 0) return instant;
    return this.refuse(
      name,
      'expected a Date, milliseconds, or text with its time zone such as 2027-01-31T17:00:00Z',
    );
  }

  /** When it expires; empty for never, but the column must be there. */
  expiry(name: string): number | undefined {
    if (Object.hasOwn(this.#members, name)) return this.instant(name);
    return this.refuse(name, 'is missing; null says that the key never expires');
  }

  /** The digest of the key. It is never quoted: where hashing was off, it is the key. */
  digest(name: string, form: RegExp, expected: string): string {
    const digest = this.requiredText(name) ?? '';
    if (digest !== '' && !form.test(digest)) this.refuse(name, `expected ${expected}`);
    return digest;
  }

  /** What a column holds; `undefined` where it is empty. */
  value(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined;
  }
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function isDate(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** ISO 8601 with a time zone: without one, every machine would read another instant. */
function parseInstant(text: string): number {
  return /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}
