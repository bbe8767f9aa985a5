/**
 * Prints src/value/unicode.rs, from the files of the Unicode Character Database in a folder
 * (Debian's package unicode-data has them):
 * `node scripts/unicode-tables.mjs /usr/share/unicode > src/value/unicode.rs`. Only a new version
 * of Unicode asks for it, and a new version gives
 * names other keys: see docs/storage.md.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of UnicodeData.txt');
const CODE_POINTS = 0x110000;

/** The rows of a file of the database: what stands between semicolons, without comments. */
const rows = (name) =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(';').map((field) => field.trim()));
const number = (hex) => Number.parseInt(hex, 16);
const span = (field) => {
  const [first, last = first] = field.split('..');
  return [number(first), number(last)];
};

/** LEB128. */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, low];
    bytes.push(low + 128);
  }
}
const signed = (value) => (value < 0 ? -2 * value - 1 : 2 * value);

function assigned() {
  const is = new Uint8Array(CODE_POINTS);
  for (const [field] of rows('DerivedAge.txt')) {
    const [first, last] = span(field);
    is.fill(1, first, last + 1);
  }
  // DerivedAge.txt has the noncharacters too, which are assigned to nothing.
  for (let plane = 0; plane < CODE_POINTS; plane += 0x10000) is.fill(0, plane + 0xfffe, plane + 0x10000);
  is.fill(0, 0xfdd0, 0xfdf0);
  const bytes = [];
  for (let at = 0, run = 0, state = 1; at <= CODE_POINTS; at++, run++) {
    if (is[at] === state) continue;
    bytes.push(...varint(run));
    [run, state] = [0, 1 - state];
  }
  return bytes;
}

function folds() {
  const pairs = rows('CaseFolding.txt')
    .filter(([, status]) => status === 'C' || status === 'S')
    .map(([from, , to]) => [number(from), number(to) - number(from)])
    .sort(([one], [other]) => one - other);
  const runs = [];
  for (const [from, delta] of pairs) {
    const run = runs.at(-1);
    const step = run === undefined ? 0 : from - run.last;
    const fits =
      run !== undefined && run.delta === delta && (run.count === 1 ? step <= 2 : step === run.step);
    if (fits) Object.assign(run, { last: from, step, count: run.count + 1 });
    else runs.push({ first: from, last: from, step: 1, count: 1, delta });
  }
  let end = 0;
  return runs.flatMap(({ first, last, step, count, delta }) => {
    const gap = first - end;
    end = last;
    return [...varint(gap), ...varint(count * 2 + step - 1), ...varint(signed(delta))];
  });
}

function ignorables() {
  const spans = rows('DerivedCoreProperties.txt')
    .filter(([, property]) => property === 'Default_Ignorable_Code_Point')
    .map(([field]) => span(field))
    .sort(([one], [other]) => one - other);
  const merged = [];
  for (const [first, last] of spans) {
    const before = merged.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else merged.push([first, last]);
  }
  return merged;
}

const version = /CaseFolding-(\d+\.\d+)/.exec(readFileSync(join(folder, 'CaseFolding.txt'), 'utf8'))?.[1];
if (version === undefined) throw new Error('CaseFolding.txt does not say which version of Unicode it is of');
const hex = (value) => `\\u{${value.toString(16).toUpperCase()}}`;
const lines = (bytes) => {
  const written = [];
  for (let at = 0; at < bytes.length; at += 24) written.push(`    ${bytes.slice(at, at + 24).join(', ')},`);
  return written.join('\n');
};
const patterns = ignorables().map(([first, last]) =>
  first === last ? `'${hex(first)}'` : `'${hex(first)}'..='${hex(last)}'`,
);

process.stdout.write(`//! What names are compared by, of one version of Unicode. Written by scripts/unicode-tables.mjs.

/// The version. Another one would give names other keys.
pub(crate) const VERSION: &str = "${version}";

/// How many code points in a row are assigned, then how many are not, in turn; each in LEB128.
#[rustfmt::skip]
pub(crate) const ASSIGNED: &[u8] = &[
${lines(assigned())}
];

/// Simple case folding (statuses C and S), as runs of code points that are folded by the same
/// distance. Each run is three numbers: the gap between the last code point of the run before and
/// the first of this one; twice the count of code points, plus one if only every second one is
/// folded; and the distance, as twice a positive number, or twice a negative one less one. Each
/// number is in LEB128.
#[rustfmt::skip]
pub(crate) const FOLDS: &[u8] = &[
${lines(folds())}
];

/// Whether a character shows nothing by itself (Default_Ignorable_Code_Point).
#[rustfmt::skip]
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c,
        ${patterns.slice(0, 8).join(' | ')}
        | ${patterns.slice(8).join(' | ')})
}
`);
