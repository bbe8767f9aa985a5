/** Tables for a terminal. */

import { bold, dim, green, red } from '../../scripts/shell/terminal.mjs';
import { hasTime, inDigits, inWords, isMet, perRequest, perSecond, spread } from './format.mjs';

export const inTerminal = (parts) => parts.map(table).join('\n');

function table({ title, rows }) {
  const width = Math.max(...rows.map(({ who }) => who.length)) + 2;
  const line = (row) => {
    const { who, ours, note = '' } = row;
    const time = hasTime(row) ? `${perRequest(row)} µs, ${perSecond(row)} per second` : '';
    const more = [time, spread(row), note].filter((part) => part !== '').join('; ');
    return `  ${paint(who.padEnd(width), ours)}${inWords(row).padStart(16)}  ${verdict(row)}${dim(more)}`.trimEnd();
  };
  return [`\n${bold(title)}`, ...rows.map(line)].join('\n');
}

const paint = (text, ours) => (ours ? bold(text) : text);

function verdict(row) {
  if (row.target === undefined) return ' '.repeat(16);
  const text = `target ${inDigits(row.target)}`.padEnd(16);
  return isMet(row) ? green(text) : red(text);
}
