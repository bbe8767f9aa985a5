// Writes credentials.json: the credential format once more, by hand on node:crypto and BigInt, so
// that the core is held against something
// that shares no line with it. Run: node tests/vectors/generate.mjs
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const base62 = (number, width) => {
  let text = '';
  for (let left = BigInt(number); text.length < width; left /= 62n) text = DIGITS[Number(left % 62n)] + text;
  return text;
};
const big = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const checksum = (text) => base62(crc32(text), 6);
/** What binds a digest to its deployment. */
const bound = (prefix) => createHash('sha256').update(prefix).digest().subarray(0, 8);

const credential = (prefix, now, entropy) => {
  const id = base62(now, 8) + base62(big(entropy.slice(32, 40)), 8);
  const hashed = `2${id}${base62(big(entropy.slice(0, 32)), 30)}`;
  return {
    prefix,
    now,
    entropy,
    credential: `${prefix}_${hashed}${checksum(hashed)}`,
    id,
    digest: createHash('sha256').update(hashed).update(bound(prefix)).digest('hex'),
  };
};

const bytes = (seed) => [...createHash('sha512').update(`vector ${seed}`).digest().subarray(0, 40)];
const minted = [
  credential('acme_live', 1795392000000, bytes(1)),
  // The first once more, of another deployment: the same body, another digest.
  credential('acme_test', 1795392000000, bytes(1)),
  credential('acme_live', 0, Array(40).fill(0)),
  credential('acme_live', 2 ** 47 - 1, Array(40).fill(255)),
  credential('x', 1, bytes(2)),
  credential('a1_b2_c3', 1700000000000, bytes(3)),
  credential('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef', 1795392000001, bytes(4)),
];

const [{ prefix, credential: text }] = minted;
const body = text.slice(prefix.length + 1);
const withSum = (hashed) => `${prefix}_${hashed}${checksum(hashed)}`;
const swapped = body.slice(0, 20) + body[21] + body[20] + body.slice(22);
const refused = [
  ['empty', '', 'malformed'],
  ['the prefix alone', `${prefix}_`, 'malformed'],
  ['another prefix', `acme_test_${body}`, 'malformed'],
  ['no separator', prefix + body, 'malformed'],
  ['one character short', text.slice(0, -1), 'malformed'],
  ['one character more', `${text}0`, 'malformed'],
  ['a space before', ` ${text}`, 'malformed'],
  ['a line feed after', `${text}\n`, 'malformed'],
  ['the version before with a right checksum', withSum(`1${body.slice(1, 47)}`), 'malformed'],
  ['a version to come with a right checksum', withSum(`3${body.slice(1, 47)}`), 'malformed'],
  ['a character outside the alphabet', text.replace(/.$/, '-'), 'malformed'],
  ['a letter outside ASCII', text.replace(/.$/, 'é'), 'malformed'],
  ['a last digit changed', text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')), 'bad_checksum'],
  ['two neighbours swapped', `${prefix}_${swapped}`, 'bad_checksum'],
  ['the checksum of another body', `${prefix}_${body.slice(0, 47)}${checksum(body)}`, 'bad_checksum'],
].map(([why, text, code]) => ({ why, prefix, text, code }));

const file = new URL('credentials.json', import.meta.url);
writeFileSync(
  file,
  `${JSON.stringify({ minted, refused }, null, 1)
    .replace(/\n\s+(?=\d)/g, ' ')
    .replace(/(\d)\n\s+\]/g, '$1]')}\n`,
);
