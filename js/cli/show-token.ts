import type { TokenRecord, TokenSummary } from '../index.js';
import { join, type Legible, legible, line, paint, type Said, type Style } from './safe-text.js';

/** `2026-11-23 14:05`, UTC. */
export function instant(millis: number): string {
  return new Date(millis).toISOString().slice(0, 16).replace('T', ' ');
}

/** The displayed status: an active token past its expiry is expired. */
export function statusOf(record: TokenSummary, now: number): string {
  const over = record.expiresAt !== undefined && record.expiresAt <= now;
  return record.status === 'active' && over ? 'expired' : record.status;
}

/** The role and templates of the token, or else the number of its permissions. */
export function grantSummary(record: TokenSummary): string {
  const { role, templates, added, removed, permissions = [], permissionCount = permissions.length } = record;
  const chosen = [
    ...(role === undefined ? [] : [`role ${role}`]),
    ...templates.map(({ id }) => id),
    // A list that is left out is long.
    ...(added?.map((permission) => `+${permission}`) ?? ['+…']),
    ...(removed?.map((permission) => `-${permission}`) ?? ['-…']),
  ];
  return chosen.join(' ') || `${permissionCount} permissions`;
}

const styles: Record<string, Style> = { active: 'green', disabled: 'yellow', revoked: 'red', expired: 'dim' };

export function paintStatus(stream: NodeJS.WriteStream, status: string): Said {
  const style = styles[status.trim()];
  return style === undefined ? status : paint(stream, style, status);
}

/** One token, with one line per fact. */
export function describe(record: TokenRecord, stream: NodeJS.WriteStream, now = Date.now()): Legible {
  return facts(stream, [
    ['id', record.id],
    ['name', record.name],
    ['description', record.description],
    ['tags', record.tags?.join(', ')],
    ['kind', record.kind],
    ['owner', record.owner],
    ['subject', record.subject],
    ['acts as', record.technicalUser],
    ['parents', record.parents],
    ['resource', record.resource === record.owner ? undefined : record.resource || '(everything)'],
    ['status', paintStatus(stream, statusOf(record, now))],
    ['held at', record.heldAt === undefined ? undefined : record.heldAt || '(everything)'],
    ['reason', record.reason],
    ['scope', grantSummary(record)],
    ['permissions', record.permissions],
    ['narrowed', inJson(record.resources)],
    ['conditions', inJson(record.conditions)],
    ['limits', inJson(record.limits)],
    ['metadata', inJson(record.metadata)],
    ['created', `${instant(record.createdAt)} UTC by ${record.createdBy}`],
    ['starts', record.notBefore === undefined ? undefined : `${instant(record.notBefore)} UTC`],
    ['expires', record.expiresAt === undefined ? 'never' : `${instant(record.expiresAt)} UTC`],
    ['idle after', record.idleAfter === undefined ? undefined : days(record.idleAfter)],
    ['last used', lastUse(record)],
    ['rotation', record.rotation && `the old secret works until ${instant(record.rotation.graceEndsAt)} UTC`],
  ]);
}

function lastUse({ lastUsedAt, uses = 0 }: TokenRecord): string | undefined {
  return lastUsedAt === undefined ? undefined : `${instant(lastUsedAt)} UTC, ${uses} uses in all`;
}

/** `60 days`, or the seconds of less than one. */
function days(millis: number): string {
  const whole = millis / 86_400_000;
  return whole >= 1 ? `${Math.round(whole * 10) / 10} days without use` : `${millis / 1_000} s without use`;
}

const inJson = (value: object | undefined) => (value === undefined ? undefined : JSON.stringify(value));

/** The name of a token in a sentence. */
export function named({ id, name }: TokenRecord): Legible {
  return line`Token ${id} "${name}"`;
}

type Fact = [name: string, fact: Said | readonly string[] | undefined];

const indent = 15;

/**
 * Names and facts, one per line. Lists are wrapped to the terminal, and undefined facts omitted.
 */
export function facts(stream: NodeJS.WriteStream, entries: readonly Fact[]): Legible {
  const columns = stream.isTTY ? Math.max(stream.columns, 40) : 100;
  const lines = entries.flatMap(([name, fact]) => {
    if (fact === undefined) return [];
    const value = isList(fact) ? join(wrap(fact, columns - indent), `\n${' '.repeat(indent)}`) : fact;
    return [line`  ${paint(stream, 'dim', name.padEnd(indent - 2))}${value}`];
  });
  return join(lines, '\n');
}

const isList = (fact: Said | readonly string[]): fact is readonly string[] => Array.isArray(fact);

function wrap(words: readonly string[], columns: number): Legible[] {
  const lines: string[][] = [];
  let room = 0;
  for (const word of words) {
    const { length } = legible(word);
    if (length + 1 <= room) lines.at(-1)?.push(word);
    else lines.push([word]);
    room = (length + 1 <= room ? room - 1 : columns) - length;
  }
  return lines.map((words) => join(words, ' '));
}
