import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { inBuild } from '../paths.mjs';

const scratch = 'scratch-';

/** Removes leftovers of interrupted builds. Only while no other build runs. */
export function removeLeftovers() {
  if (!existsSync(inBuild())) return;
  const leftovers = readdirSync(inBuild()).filter((name) => name.startsWith(scratch));
  for (const name of leftovers) rmSync(inBuild(name), { recursive: true, force: true });
}

/** An empty folder in `build/` for the duration of the work. */
export async function withScratchFolder(work) {
  mkdirSync(inBuild(), { recursive: true });
  const folder = mkdtempSync(inBuild(scratch));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Replaces a folder by a finished one, so that no half-written folder is ever visible. */
export function replaceFolder(finished, target) {
  const old = `${finished}-old`;
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(finished, target);
  rmSync(old, { recursive: true, force: true });
}
