/** The files of a SQLite store: other users, deleted files, a connection that keeps reading. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, mock, test } from 'node:test';
import { type SqliteStore, sqliteStore } from 'leastkey/stores/sqlite';
import { ending, lines, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';

const require = createRequire(import.meta.url);
const Database = require('libsql');

const TEST_TIMEOUT = 60_000;

type File = ReturnType<typeof temporaryFile>;

function withFile(run: (file: File) => void | Promise<void>) {
  return async () => {
    const file = temporaryFile();
    try {
      await run(file);
    } finally {
      file.remove();
    }
  };
}

/** Opens a store, runs `run` with it, and closes it. */
async function withStore(path: string, run: (store: SqliteStore) => void | Promise<void>): Promise<void> {
  const store = sqliteStore({ path });
  try {
    await run(store);
  } finally {
    store.close();
  }
}

const namesOf = (path: string) => [path, `${path}-wal`, `${path}-shm`];
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

function withUmask<T>(mask: number, run: () => T): T {
  const before = process.umask(mask);
  try {
    return run();
  } finally {
    process.umask(before);
  }
}

/** The text of the warnings of this process during `run`. */
async function warningsOf(run: () => void | Promise<void>): Promise<string[]> {
  const texts: string[] = [];
  const note = ({ message }: Error) => texts.push(message);
  process.on('warning', note);
  try {
    await run();
    // A warning is emitted in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', note);
  }
  return texts;
}

/** Waits for the first line that a process prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of lines(child)) return line;
  throw new Error('the process printed nothing');
}

const posix = process.platform === 'win32' ? 'Windows has no modes' : false;
const rootAlone = process.geteuid?.() === 0 ? false : 'only root can run a process as another user';

describe('other users of the machine', { skip: posix }, () => {
  for (const mask of [0o022, 0o000, 0o277]) {
    test(
      `have no right to a new database, whatever the umask (${mask.toString(8)})`,
      withFile(async ({ path }) => {
        const opened = withUmask(mask, () => {
          const store = sqliteStore({ path });
          store.commit([{ key: 'k', value: '1' }]);
          return store;
        });
        assert.deepEqual(namesOf(path).map(modeOf), ['600', '600', '600']);
        opened.close();
      }),
    );
  }

  test(
    'can neither read nor lock a database that was made under umask 022',
    { skip: rootAlone },
    withFile(async ({ path, folder }) => {
      // The folder is open to all: the files must be protected.
      chmodSync(folder, 0o755);
      const child = withUmask(0o022, () => start('hold-database-open', path));
      try {
        assert.equal(await firstLine(child), 'open');
        const attempt = `
          const { openSync } = require('node:fs');
          const tries = process.argv.slice(1).flatMap((file) => ['r', 'r+'].map((flags) => {
            try { return openSync(file, flags); } catch ({ code }) { return code; }
          }));
          console.log(JSON.stringify({ uid: process.getuid(), tries }));`;
        const other = { uid: 65_534, gid: 65_534, cwd: '/' };
        // A read lock on -shm would block every write; it would have to open the file for that.
        const output = execFileSync(process.execPath, ['-e', attempt, ...namesOf(path)], other);
        assert.deepEqual(JSON.parse(output.toString()), { uid: 65_534, tries: Array(6).fill('EACCES') });
      } finally {
        child.stdin?.end();
        assert.equal(await ending(child), 0);
      }
    }),
  );

  test(
    'who can open an existing database give a warning, once',
    withFile(async ({ path }) => {
      await withStore(path, () => {});
      chmodSync(path, 0o640);
      const warnings = await warningsOf(() => withStore(path, () => {}));
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0]?.startsWith(`other users of this machine can open ${path}`), warnings[0]);
      assert.match(warnings[0] ?? '', /and so get at the tokens: chmod 600 \//);
      assert.equal(modeOf(path), '640', 'whoever gave the right may have meant it');
      assert.deepEqual(await warningsOf(() => withStore(path, () => {})), []);
    }),
  );

  test(
    'who can open the target of a link give a warning',
    withFile(async ({ path, folder }) => {
      symlinkSync(join(folder, 'missing.db'), path);
      const warnings = await warningsOf(() => withUmask(0o022, () => withStore(path, () => {})));
      assert.equal(warnings.length, 1);
    }),
  );
});

describe('a database that is removed while it is open', () => {
  const moved = { code: 'store_unavailable', message: /^the database file was deleted or replaced/ };
  const ways: [string, (path: string) => void][] = [
    ['deleted', (path) => rmSync(path)],
    ['replaced by a copy', replaceByCopy],
    ['renamed', (path) => renameSync(path, `${path}.old`)],
    ['deleted with all of its files', (path) => namesOf(path).map((file) => rmSync(file))],
  ];
  for (const [title, take] of [
    ...ways,
    ['without its log', (path: string) => rmSync(`${path}-wal`)],
    ['without its shared memory', (path: string) => rmSync(`${path}-shm`)],
  ] as typeof ways) {
    test(
      `${title}: no commit is acknowledged, and nothing is written`,
      withFile(({ path, folder }) =>
        withStore(path, (store) => {
          store.commit([{ key: 'token', value: 'active' }]);
          take(path);
          const before = contentOf(folder);
          assert.throws(() => store.commit([{ key: 'token', expect: 'active', value: 'revoked' }]), moved);
          assert.throws(() => store.commit([{ key: 'token', value: 'revoked' }]), /; nothing was changed;/);
          assert.deepEqual(contentOf(folder), before);
          assert.throws(
            () => store.commit([{ key: 'x', value: '1' }]),
            (error: Error) => !error.message.includes(folder),
          );
        }),
      ),
    );
  }

  for (const [title, take] of ways) {
    test(
      `${title}: it is not read for longer than 100 ms`,
      withFile(({ path }) =>
        withStore(path, (store) => {
          let now = 5_000;
          const clock = mock.method(performance, 'now', () => now);
          try {
            store.commit([{ key: 'token', value: 'active' }]);
            assert.deepEqual(store.get(['token']), ['active']);
            take(path);
            now += 100;
            assert.throws(() => store.get(['token']), moved);
            assert.throws(() => store.get(['token', 'x']), moved);
            assert.throws(() => store.list({ prefix: '', limit: 1 }), moved);
          } finally {
            clock.mock.restore();
          }
        }),
      ),
    );
  }

  test(
    'closing it leaves the files of its successor alone',
    withFile(({ path }) =>
      withStore(path, (old) => {
        old.commit([{ key: 'k', value: 'old' }]);
        for (const file of namesOf(path)) renameSync(file, `${file}.away`);
        return withStore(path, (successor) => {
          successor.commit([{ key: 'k', value: 'new' }]);
          old.close();
          assert.deepEqual(
            namesOf(path).map((file) => existsSync(file)),
            [true, true, true],
          );
          assert.equal(successor.commit([{ key: 'k', expect: 'new', value: 'newer' }]), true);
        });
      }),
    ),
  );

  test(
    'between the check and the end of the commit: the outcome is unknown, not a success',
    withFile(({ path }) => {
      let now = () => 0;
      const store = sqliteStore({ path, now: () => now() });
      now = () => {
        rmSync(path);
        return 0;
      };
      assert.throws(
        () => store.commit([{ key: 'k', value: '1' }]),
        (error: Error & { code?: string }) =>
          error.code === undefined && /deleted or replaced/.test(error.message),
      );
      store.close();
    }),
  );
});

describe('a connection that reads', () => {
  test(
    'does not block another one from closing, whatever its busy timeout',
    { timeout: TEST_TIMEOUT },
    (context) =>
      withFile(async ({ path }) => {
        const child = start('hold-database-open', path);
        // A close that waits would keep this test beyond its timeout.
        context.signal.addEventListener('abort', () => child.kill());
        let reader: { exec(sql: string): void; close(): void } | undefined;
        try {
          assert.equal(await firstLine(child), 'open');
          reader = new Database(path) as typeof reader;
          reader?.exec('BEGIN; SELECT count(*) FROM entries');
          child.stdin?.end();
          assert.equal(await ending(child), 0);
        } finally {
          child.kill();
          reader?.close();
        }
        await withStore(path, (store) => assert.deepEqual(store.get(['k']), ['1']));
      })(),
  );
});

function replaceByCopy(path: string): void {
  copyFileSync(path, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** The files of a folder. They are not opened: closing one here would drop SQLite's locks on it. */
function contentOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.endsWith('-shm'))
    .map((name) => {
      const { ino, size, mtimeNs } = statSync(join(folder, name), { bigint: true });
      return `${name} ${ino} ${size} ${mtimeNs}`;
    });
}
