import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system, to test a full disk. */
export interface SmallDisk {
  folder: string;
  /** Fills it, except for some bytes. */
  fill(room?: number): void;
  /** Frees what `fill` used. */
  free(): void;
  remove(): void;
}

/** A new file system in memory, or the reason why this machine cannot make one. */
export function smallDisk(kilobytes: number): SmallDisk | string {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return 'only root on Linux can mount a tmpfs';
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    return `no tmpfs can be mounted here: ${(error as Error).message}`;
  }
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill(room = 0) {
      for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2)) writeUntilFull(ballast, size);
      truncateSync(ballast, statSync(ballast).size - room);
    },
    free: () => rmSync(ballast),
    remove() {
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
      rmSync(folder, { recursive: true });
    },
  };
}

function writeUntilFull(file: string, size: number): void {
  const chunk = Buffer.alloc(size);
  try {
    for (;;) writeFileSync(file, chunk, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
