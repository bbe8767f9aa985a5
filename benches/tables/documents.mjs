/** The tables in the documents, between two markers each. */

import { readFileSync, writeFileSync } from 'node:fs';
import { inClone } from '../../scripts/paths.mjs';
import { Failure } from '../../scripts/shell/failure.mjs';
import { hasTime, inWords, isMet, perRequest, perSecond, spread } from './format.mjs';

const START = '<!-- benches: npm run bench -- --readme writes this -->';
const END = '<!-- end of benches -->';

/** Writes the measured figures of these parts into a document, and reports the missing ones. */
export function writeDocument(document, figures, keys) {
  const parts = keys.filter((key) => figures[key] !== undefined).map((key) => figures[key]);
  const missing = keys.filter((key) => figures[key] === undefined);
  const note = missing.length === 0 ? [] : [`Not measured yet: ${missing.join(', ')}.`];
  const tables = [...note, ...parts.map(table)];
  if (document !== 'docs/benchmarks.md')
    return replaceBetween(document, [`${machineOf(parts)}.`, ...tables].join('\n\n'));
  replaceBetween('README.md', summary(figures));
  replaceBetween(document, [conditionsOf(parts), ...tables, openTargets(parts)].join('\n\n'));
}

/** Puts text between the markers of a document. */
export function replaceBetween(path, text) {
  const file = inClone(path);
  const content = readFileSync(file, 'utf8');
  const [before, rest] = content.split(START);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined) throw new Failure(`${path} lacks the lines "${START}" and "${END}".`);
  writeFileSync(file, `${before}${START}\n\n${text}\n\n${END}${after}`);
}

/** The date, the machine and the versions of the peers. */
function conditionsOf(parts) {
  const { peers } = latest(parts);
  const versions = Object.entries(peers)
    .filter(([name]) => !tools.includes(name))
    .map(([name, version]) => `${name} ${version}`);
  return `${machineOf(parts)}; ${versions.join(', ')}.`;
}

/** The date and the machine; for several days, the first and the last. */
function machineOf(parts) {
  const dates = parts.map(({ date }) => date).sort();
  const when = dates[0] === dates.at(-1) ? `On ${dates[0]}` : `From ${dates[0]} to ${dates.at(-1)}`;
  const { node, machine, leastkey } = latest(parts);
  return `${when}, Leastkey ${leastkey}, Node ${node}, ${machine}`;
}

const latest = (parts) => parts.reduce((one, other) => (one.date > other.date ? one : other));

/** The tools, and packages that a peer only needs. */
const tools = ['esbuild', 'miniflare', '@better-auth/core', '@better-auth/utils', '@hono/node-server'];

/** One part of the figures. */
export function table({ title, rows, columns }) {
  if (columns !== undefined) return [`### ${title}`, '', inCells(columns, rows)].join('\n');
  return [`### ${title}`, '', inColumns(rows)].join('\n');
}

/** Rows with cells of their own. */
function inCells(columns, rows) {
  const lines = [columns, columns.map(() => '---'), ...rows.map(({ cells }) => cells)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Rows with a figure, its unit and its target. */
function inColumns(rows) {
  const columns = allColumns.filter(({ of, always }) => always || rows.some((row) => of(row) !== ''));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    `|${'---|'.repeat(columns.length)}`,
    ...rows.map((row) => line(columns.map(({ of }) => of(row)))),
  ].join('\n');
}

/** Times first, then ratios. A column without a figure is left out. */
const allColumns = [
  { heading: '', always: true, of: ({ who, ours }) => (ours ? `**${who}**` : who) },
  { heading: 'µs per request', of: perRequest },
  { heading: 'requests per second', of: perSecond },
  { heading: 'median', always: true, of: inWords },
  { heading: 'middle half', of: spread },
  { heading: 'note', of: ({ note = '' }) => note },
];

/** The open targets. */
export function openTargets(parts) {
  const lines = parts.flatMap(({ title, rows }) =>
    rows
      .filter((row) => row.target !== undefined && !isMet(row))
      .map(
        (row) => `- ${title}: ${row.who}: ${inWords(row)}, target ${inWords({ ...row, median: row.target })}`,
      ),
  );
  return ['### Open targets', '', ...(lines.length === 0 ? ['None.'] : lines)].join('\n');
}

/** For the README: the figures of Leastkey, each with those of its peers. */
function summary(figures) {
  const measured = summarized.filter(({ part }) => figures[part] !== undefined);
  const rows = measured.map(({ part, who, says, beside }) => {
    const row = rowOf(figures, part, who);
    const peers = beside.map((name) => `${name} ${timeAndRatio(rowOf(figures, part, name))}`).join('; ');
    return `| ${says} | ${timeAndRatio(row)} | ${peers || '–'} |`;
  });
  const parts = [...new Set(measured.map(({ part }) => figures[part]))];
  return ['| | Leastkey | others |', '|---|---|---|', ...rows, '', conditionsOf(parts)].join('\n');
}

const timeAndRatio = (row) => (hasTime(row) ? `${perRequest(row)} µs, ${inWords(row)}` : inWords(row));

function rowOf(figures, part, who) {
  const row = figures[part].rows.find((one) => one.who === who);
  if (row === undefined) throw new Failure(`The part ${part} has no figure "${who}": measure it again.`);
  return row;
}

const summarized = [
  {
    part: 'verify',
    who: 'leastkey/edge, verifySync',
    says: 'verify a cached token, `verifySync`',
    beside: ['by hand, crypto.hash', 'prefixed-api-key', 'fast-jwt, HS256, cached'],
  },
  {
    part: 'verify',
    who: 'leastkey/edge, await verify',
    says: 'the same, `await verify`',
    beside: ['by hand, WebCrypto', 'jose, HS256', 'biscuit-wasm', 'better-auth'],
  },
  {
    part: 'verify',
    who: 'leastkey/edge, verifyMany, each of 64',
    says: 'the same, each of 64 in `verifyMany`',
    beside: [],
  },
  {
    part: 'miss',
    who: 'leastkey, await verify, first seen',
    says: 'verify a token for the first time, store in memory',
    beside: [
      'by hand, crypto.hash, the record from a promise, as JSON',
      'by hand, the record from a promise, as JSON',
    ],
  },
  {
    part: 'refuse',
    who: 'leastkey, unknown id',
    says: 'refuse an unknown token',
    beside: ['by hand, crypto.hash, whatever is wrong', 'by hand, unknown id', 'better-auth, unknown key'],
  },
  {
    part: 'create',
    who: 'leastkey, mint',
    says: 'make a credential',
    beside: ['by hand, randomBytes and crypto.hash', 'prefixed-api-key'],
  },
  {
    part: 'permission',
    who: 'leastkey, verifySync with a list, less verifySync without',
    says: 'check 50 permissions of 1,000, alone',
    beside: ['by hand, bitset', 'by hand, Set', 'casl', 'cedar-wasm'],
  },
  {
    part: 'servers',
    who: 'Express 5, guarded by leastkey',
    says: 'a whole request to Express 5; × is beside one without a guard',
    beside: ['Express 5, guarded by hand, crypto.hash'],
  },
  {
    part: 'servers',
    who: 'Hono, guarded by leastkey',
    says: 'the same to Hono',
    beside: ['Hono, guarded by hand, crypto.hash'],
  },
  {
    part: 'workerd',
    who: 'leastkey/edge, verifySync',
    says: 'in workerd, compared with WebCrypto by hand',
    beside: [],
  },
  {
    part: 'size',
    who: 'leastkey/edge',
    says: 'size of the verifier, gzip',
    beside: ['jose', 'better-auth', 'biscuit-wasm'],
  },
  {
    part: 'start',
    who: 'leastkey/edge, one file',
    says: 'from import to the first verdict',
    beside: ['by hand, WebCrypto', 'jose, one file', 'biscuit-wasm, as installed', 'better-auth, one file'],
  },
  {
    part: 'memory',
    who: '10,000 tokens, 20 different sets of permissions',
    says: 'memory per cached token',
    beside: [],
  },
];
