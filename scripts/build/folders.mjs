import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { inBuild } from '../paths.mjs';

const scratch = 'scratch-';

/** What builds that were broken off have left behind. Only while no other build is at work. */
export function removeLeftovers() {
  if (!existsSync(inBuild())) return;
  const leftovers = readdirSync(inBuild()).filter((name) => name.startsWith(scratch));
  for (const name of leftovers) rmSync(inBuild(name), { recursive: true, force: true });
}

/** An empty folder in `build/` for as long as the work takes. */
export async function withScratchFolder(work) {
  mkdirSync(inBuild(), { recursive: true });
  const folder = mkdtempSync(inBuild(scratch));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts a finished folder in another's place: nobody sees a half-written one. */
export function replaceFolder(finished, target) {
  const old = `${finished}-old`;
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(finished, target);
  rmSync(old, { recursive: true, force: true });
}
