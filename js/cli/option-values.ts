/** Readers of the values of options. */

import { InvalidArgumentError } from 'commander';
import type { Duration } from '../api/call.js';

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

/** The start of a date here, or an instant: of something that begins. */
export const start = (text: string): number => instant(text, 0);

/** The end of a date here, or an instant: of something that ends. */
export const end = (text: string): number => instant(text, 1);

/**
 * An ISO 8601 date in the time zone of this machine, after so many `days`, or a date and time with
 * an offset. A day that does not exist is refused, not moved.
 */
function instant(text: string, days: number): number {
  const [, day, time] = iso.exec(text) ?? [];
  const exists = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  const millis = time === undefined ? startOf(day ?? '', days) : Date.parse(text);
  if (!exists || Number.isNaN(millis)) {
    throw new InvalidArgumentError('Write a date such as 2027-01-31, or with a time 2027-01-31T17:00Z.');
  }
  return millis;
}

function startOf(day: string, days: number): number {
  const [year = Number.NaN, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).getTime();
}

/** A number and a duration: `100/1m`. */
export function perDuration(text: string): { amount: number; per: Duration } {
  const [, amount, per] = /^([1-9]\d{0,14})\/(\w+)$/.exec(text) ?? [];
  if (amount === undefined || per === undefined) {
    throw new InvalidArgumentError('Write a number and a time, such as 100/1m.');
  }
  return { amount: Number(amount), per: per as Duration };
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
