import { statSync } from 'node:fs';

/** A file by what the file system calls it: its name may lead to another one later. */
interface Identity {
  path: string;
  device: bigint;
  inode: bigint;
}

/** The files of a database: a write-ahead log without its name is lost as the database without its own is. */
const SUFFIXES = ['', '-wal', '-shm'];

/**
 * The files that SQLite has open, by device and inode. SQLite keeps them open, so no other file gets the same numbers.
 *
 * Made before and after SQLite opens the database, it tells whether the file was replaced in between.
 */
export class OpenFiles {
  readonly #files: readonly Identity[];

  constructor(file: string) {
    this.#files = SUFFIXES.flatMap((suffix) => identify(file + suffix) ?? []);
  }

  /** Whether every name still leads to the file that it led to. */
  inPlace(): boolean {
    return this.#files.every(isInPlace);
  }

  /** {@link inPlace}, of the database file alone: a read has no time for more. */
  databaseInPlace(): boolean {
    const [database] = this.#files;
    return database === undefined || isInPlace(database);
  }
}

function isInPlace({ path, device, inode }: Identity): boolean {
  const found = identify(path);
  return found?.device === device && found.inode === inode;
}

/** A file system without inodes gives 0 for all of its files, which says nothing. */
function identify(path: string): Identity | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined || found.ino === 0n ? undefined : { path, device: found.dev, inode: found.ino };
}
