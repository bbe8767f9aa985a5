/** Tables for a terminal. */

import { bold, dim, green, red } from '../../scripts/shell/terminal.mjs';
import { hasTime, inDigits, inWords, isMet, perRequest, perSecond, spread } from './format.mjs';

export const inTerminal = (parts) => parts.map(table).join('\n');

function table({ title, rows, columns }) {
  if (columns !== undefined)
    return [`\n${bold(title)}`, ...aligned([columns, ...rows.map(({ cells }) => cells)])].join('\n');
  const width = Math.max(...rows.map(({ who }) => who.length)) + 2;
  const line = (row) => {
    const { who, ours, note = '' } = row;
    const time = hasTime(row) ? `${perRequest(row)} µs, ${perSecond(row)} per second` : '';
    const more = [time, spread(row), note].filter((part) => part !== '').join('; ');
    return `  ${paint(who.padEnd(width), ours)}${inWords(row).padStart(16)}  ${verdict(row)}${dim(more)}`.trimEnd();
  };
  return [`\n${bold(title)}`, ...rows.map(line)].join('\n');
}

/** Each column as wide as its widest cell. */
function aligned(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((cells) => cells[at].length)));
  return lines.map((cells) => `  ${cells.map((cell, at) => cell.padEnd(widths[at])).join('  ')}`.trimEnd());
}

const paint = (text, ours) => (ours ? bold(text) : text);

function verdict(row) {
  if (row.target === undefined) return ' '.repeat(16);
  const text = `target ${inDigits(row.target)}`.padEnd(16);
  return isMet(row) ? green(text) : red(text);
}
