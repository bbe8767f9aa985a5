/** Readers of the values of options. */

import { InvalidArgumentError } from 'commander';

/** Collects a repeatable option. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

export function positive(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Write a whole number, 1 or more.');
  return Number(text);
}

const iso = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * An ISO 8601 date, or date and time with an offset. A day that does not exist is refused, not
 * moved.
 */
export function date(text: string): number {
  const day = iso.exec(text)?.[1];
  const exists = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  const millis = Date.parse(text);
  if (!exists || Number.isNaN(millis)) {
    throw new InvalidArgumentError('Write a date such as 2027-01-31, or with a time 2027-01-31T17:00Z.');
  }
  return millis;
}

/** A number and a duration: `100/1m`. */
export function perDuration(text: string): { amount: number; per: string } {
  const [, amount, per] = /^([1-9]\d{0,14})\/(\w+)$/.exec(text) ?? [];
  if (amount === undefined || per === undefined) {
    throw new InvalidArgumentError('Write a number and a time, such as 100/1m.');
  }
  return { amount: Number(amount), per };
}

/** Two texts around the last equals sign, collected: `org:acme=admin`. */
export function pairs(example: string): (text: string, before?: [string, string][]) => [string, string][] {
  return (text, before = []) => {
    const equals = text.lastIndexOf('=');
    if (equals < 0 || equals === text.length - 1) {
      throw new InvalidArgumentError(`Write two values with an equals sign between, such as ${example}.`);
    }
    return [...before, [text.slice(0, equals), text.slice(equals + 1)]];
  };
}
