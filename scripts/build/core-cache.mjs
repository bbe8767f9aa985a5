/**
 * Cores that were made before, by the digest of what they are made from: another clone of the same
 * sources need not compile.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { inCache } from '../paths.mjs';

const kept = (...parts) => inCache('cores', ...parts);

/** So many are kept, the ones that were used last. */
const MOST = 8;

export const isKept = (inputs) => existsSync(kept(inputs));

/** Copies a kept core to a folder that does not exist yet. */
export function takeKept(inputs, folder) {
  cpSync(kept(inputs), folder, { recursive: true });
  utimesSync(kept(inputs), new Date(), new Date());
}

export function keep(inputs, folder) {
  mkdirSync(kept(), { recursive: true });
  const copy = kept(`${inputs}.${process.pid}`);
  cpSync(folder, copy, { recursive: true });
  rmSync(kept(inputs), { recursive: true, force: true });
  renameSync(copy, kept(inputs));
  const lastUsed = (name) => statSync(kept(name)).mtimeMs;
  const oldest = readdirSync(kept())
    .sort((a, b) => lastUsed(b) - lastUsed(a))
    .slice(MOST);
  for (const name of oldest) rmSync(kept(name), { recursive: true, force: true });
}
