/** One block of SHA-256 in WebAssembly, the unit that times within the core are compared with. */

import binaryen from 'binaryen';

/** The fractional parts of the roots of the first primes, as FIPS 180-4 defines the constants. */
const primes = Array.from({ length: 400 }, (_, at) => at).filter(
  (n) => n > 1 && !Array.from({ length: n }, (_, at) => at).some((d) => d > 1 && d < n && n % d === 0),
);
const fraction = (prime, root) => {
  // In whole numbers: floor(prime^(1/root) × 2^32), without what is before the point.
  const wanted = BigInt(prime) << BigInt(32 * root);
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** BigInt(root) <= wanted) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
};
const START = primes.slice(0, 8).map((prime) => fraction(prime, 2));
const ROUNDS = primes.slice(0, 64).map((prime) => fraction(prime, 3));

const STATE = 0;
const BLOCK = 64;

const get = (name) => `(local.get $${name})`;
const op = (name, ...operands) => operands.reduce((one, other) => `(i32.${name} ${one} ${other})`);
const rotations = (value, right, shift) =>
  op(
    'xor',
    ...right.map((by) => op('rotr', value, `(i32.const ${by})`)),
    ...(shift === undefined ? [] : [op('shr_u', value, `(i32.const ${shift})`)]),
  );

/** The function as text, with all rounds unrolled, as a compiler for speed has it. */
function text() {
  const names = [...'abcdefgh'];
  const words = Array.from({ length: 16 }, (_, at) => `w${at}`);
  const lines = [
    ...words.map((word, at) => `(local.set $${word} (i32.load offset=${BLOCK + 4 * at} (i32.const 0)))`),
    ...names.map((name, at) => `(local.set $${name} (i32.load offset=${STATE + 4 * at} (i32.const 0)))`),
  ];
  for (const [round, constant] of ROUNDS.entries()) {
    const [a, b, c, d, e, f, g, h] = names.map((_, at) => names[(at - round + 64) % 8]);
    const [word, before, behind, second] = [0, 9, 1, 14].map((by) => `w${(round + by) % 16}`);
    if (round >= 16) {
      const sum = op(
        'add',
        get(word),
        rotations(get(behind), [7, 18], 3),
        get(before),
        rotations(get(second), [17, 19], 10),
      );
      lines.push(`(local.set $${word} ${sum})`);
    }
    const choice = op('xor', op('and', get(e), op('xor', get(f), get(g))), get(g));
    const majority = op('or', op('and', get(a), op('or', get(b), get(c))), op('and', get(b), get(c)));
    const first = op(
      'add',
      get(h),
      rotations(get(e), [6, 11, 25]),
      choice,
      `(i32.const ${constant})`,
      get(word),
    );
    lines.push(
      `(local.set $${h} ${first})`,
      `(local.set $${d} ${op('add', get(d), get(h))})`,
      `(local.set $${h} ${op('add', get(h), rotations(get(a), [2, 13, 22]), majority)})`,
    );
  }
  lines.push(
    ...names.map((name, at) => {
      const before = `(i32.load offset=${STATE + 4 * at} (i32.const 0))`;
      return `(i32.store offset=${STATE + 4 * at} (i32.const 0) ${op('add', before, get(name))})`;
    }),
  );
  const locals = [...names, ...words].map((name) => `(local $${name} i32)`).join(' ');
  return `(module (memory (export "memory") 1) (func (export "compress") ${locals} ${lines.join('\n')}))`;
}

/** `compress()` adds the block to the state; `digest(bytes)` is SHA-256 of at most 55 bytes. */
export function sha256Block() {
  const module = binaryen.parseText(text());
  module.optimize();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary()));
  module.dispose();
  const view = new DataView(exports.memory.buffer);
  const digest = (bytes) => {
    const block = new Uint8Array(64);
    block.set(bytes);
    block[bytes.length] = 0x80;
    new DataView(block.buffer).setUint32(60, bytes.length * 8);
    for (let at = 0; at < 64; at += 4)
      view.setUint32(BLOCK + at, new DataView(block.buffer).getUint32(at), true);
    for (const [at, word] of START.entries()) view.setInt32(STATE + 4 * at, word, true);
    exports.compress();
    const found = Buffer.alloc(32);
    for (let at = 0; at < 32; at += 4) found.writeUInt32BE(view.getUint32(STATE + at, true), at);
    return found.toString('hex');
  };
  return { compress: exports.compress, digest };
}
