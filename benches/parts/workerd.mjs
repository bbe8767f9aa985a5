/**
 * In workerd, compared with a check by hand on its WebCrypto. Clocks stand still during a request,
 * so it is timed from outside.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { quartiles } from '../race/race.mjs';

const ROUNDS = 21;

/** The target duration of a request, in milliseconds: far longer than the overhead of one. */
const TURN = 200;

const entry = fileURLToPath(new URL('../workers/worker.mjs', import.meta.url));

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-workerd-'));
  const modules = await bundled(folder);
  const worker = new Miniflare({ modules, modulesRoot: folder, compatibilityDate: '2026-04-01', cf: false });
  try {
    const byHand = await racerOf(worker, 'webCrypto');
    const rows = [];
    for (const [name, who, target] of [
      ['verifySync', 'leastkey/edge, verifySync', 18],
      ['verify', 'leastkey/edge, await verify', 12],
    ]) {
      const ours = await racerOf(worker, name);
      const turns = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        turns.push({ byHand: await byHand.turn(), ours: await ours.turn() });
      }
      const times = quartiles(turns.map((turn) => turn.byHand / turn.ours));
      const inMicroseconds = (who) =>
        `${(quartiles(turns.map((turn) => turn[who])).median * 1_000).toFixed(1)} µs`;
      const note = `${inMicroseconds('ours')}, by hand ${inMicroseconds('byHand')}`;
      rows.push({ who, ours: true, unit: '× as fast', target, ...times, note });
    }
    return rows;
  } finally {
    await worker.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the milliseconds of one call in a turn. */
async function racerOf(worker, name) {
  const run = async (calls) => {
    const start = performance.now();
    const response = await worker.dispatchFetch(`http://worker/?name=${name}&calls=${calls}`);
    const valid = await response.json();
    if (valid !== true) throw new Error(`The worker answers ${valid}.`);
    return (performance.now() - start) / calls;
  };
  let calls = 1;
  for (let times = 0; times < 8; times += 1)
    calls = Math.min(calls * 16, Math.ceil(TURN / (await run(calls))));
  return { turn: () => run(calls) };
}

/**
 * Bundled as wrangler does: one script with the conditions of a worker, and WebAssembly beside it.
 * The first module is started.
 */
async function bundled(folder) {
  await build({
    entryPoints: [entry],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
    tsconfigRaw: {},
  });
  return readdirSync(folder)
    .sort((one) => (one.endsWith('.mjs') ? -1 : 1))
    .map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(folder, name),
    }));
}

export const parts = [
  {
    key: 'workerd',
    title: 'In workerd: how many times as fast as WebCrypto by hand there',
    estimate: 30_000,
    measure,
  },
];
