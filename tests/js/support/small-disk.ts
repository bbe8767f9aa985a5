import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, which is soon full. */
export interface SmallDisk {
  folder: string;
  /** Takes all that is left of it, but for some bytes. */
  fill(room?: number): void;
  /** Gives back what `fill` took. */
  free(): void;
  remove(): void;
}

/** A new file system in memory, or why this machine does not let the test have one. */
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
