/** A full disk: the error says at once that nothing was changed. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LeastkeyError, type Store } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, createToken, deployment } from '../support/deployment.js';
import { ending, lines } from '../support/processes.js';
import { smallDisk } from '../support/small-disk.js';
import { temporaryFile } from '../support/temporary-file.js';

const FULL = /^the disk of the database is full, or takes no more of this process; nothing was changed$/;

/** Whether it is the refusal for a full disk; only the cause names the file. */
function isFull(error: unknown, folder: string): boolean {
  assert.ok(error instanceof LeastkeyError);
  assert.equal(error.code, 'store_unavailable');
  assert.match(error.message, FULL);
  assert.ok((error.cause as Error).message.startsWith(`cannot write ${folder}`));
  return true;
}

/** A store that counts the commits of another, with the same answers. */
function counting(store: Store): Store & { commits: number } {
  const counted = {
    commits: 0,
    get: (keys: string[]) => store.get(keys),
    list: (range: Parameters<Store['list']>[0]) => store.list(range),
    commit(writes: Parameters<Store['commit']>[0]) {
      counted.commits += 1;
      return store.commit(writes);
    },
  };
  return counted;
}

describe('a disk that is full', () => {
  test('refuses each change after one commit; reads work; after space is freed, so do changes', async (context) => {
    const disk = smallDisk(2_048);
    if (typeof disk === 'string') return context.skip(disk);
    const store = sqliteStore({ path: join(disk.folder, 'tokens.db') });
    try {
      const counted = counting(store);
      const tokens = await deployment({ store: counted });
      const { token, id } = await createToken(tokens);
      disk.fill();
      const changes = [
        () => tokens.revoke(id, { reason: 'r'.repeat(200) }, admin),
        () => tokens.disable(id, admin),
        () => createToken(tokens, { name: 'Another' }),
        () => tokens.delete(id, admin),
      ];
      const before = store.list({ prefix: '', limit: 1_000 });
      for (const change of changes) {
        counted.commits = 0;
        await assert.rejects(change(), (error) => isFull(error, disk.folder));
        assert.equal(counted.commits, 1);
      }
      assert.deepEqual(store.list({ prefix: '', limit: 1_000 }), before);
      assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
      disk.free();
      await tokens.revoke(id, {}, admin);
      assert.equal((await tokens.verify(token, 'messages:send')).code, 'revoked');
    } finally {
      store.close();
      disk.remove();
    }
  });

  test('refuses a new database with a message, and opens it after space is freed', (context) => {
    const disk = smallDisk(1_024);
    if (typeof disk === 'string') return context.skip(disk);
    try {
      const path = join(disk.folder, 'tokens.db');
      for (const room of [0, 8_192, 40_960]) {
        disk.fill(room);
        assert.throws(
          () => sqliteStore({ path }),
          {
            code: 'store_unavailable',
            message: /cannot use .*tokens\.db as a database: .*(full|I\/O error)/,
          },
          `${room} bytes of room`,
        );
        disk.free();
      }
      sqliteStore({ path }).close();
    } finally {
      disk.remove();
    }
  });

  for (const [title, size] of [
    ['in the middle of a commit that fits into memory', '3000'],
    ['in the middle of one that does not', '900000'],
  ] as const) {
    test(`${title}: for a process at its file size limit (ulimit), nothing of it is written`, {
      skip: process.platform === 'win32' ? 'Windows has no ulimit' : false,
    }, async () => {
      const file = temporaryFile();
      try {
        const holder = fileURLToPath(new URL('../support/hold-database-open.js', import.meta.url));
        const script = 'ulimit -f 4000; exec "$0" "$@"';
        const child = spawn('sh', ['-c', script, process.execPath, holder, file.path, size], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        let failure:
          | { name: string; code: string; message: string; cause: string; count: number }
          | undefined;
        for await (const line of lines(child)) {
          failure = JSON.parse(line);
          child.stdin.end();
        }
        await ending(child);
        assert.ok(failure !== undefined && failure.count > 0);
        assert.deepEqual([failure.name, failure.code], ['LeastkeyError', 'store_unavailable']);
        assert.match(failure.message, FULL);
        assert.match(failure.cause, /^cannot write .*tokens\.db: /);
        const store = sqliteStore({ path: file.path });
        assert.equal(store.list({ prefix: 'fill/', limit: 1_000 }).length, failure.count);
        store.close();
      } finally {
        file.remove();
      }
    });
  }
});
