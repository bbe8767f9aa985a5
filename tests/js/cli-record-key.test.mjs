import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deployment } from './support/command.mjs';

test('a file with a record key that others can open is warned of', async () => {
  const { folder, leastkey, remove } = deployment();
  try {
    const key = join(folder, 'record.key');
    writeFileSync(key, 'ab'.repeat(32), { mode: 0o600 });
    const create = ['create', '--record-key-file', key, '--owner', 'org:acme', '--kind', 'permission-set'];
    const grant = ['--template', 'all-channels-branch'];
    const closed = await leastkey([...create, '--name', 'One', ...grant]);
    assert.deepEqual([closed.exit, closed.stderr.includes('other users')], [0, false], closed.stderr);
    chmodSync(key, 0o644);
    const open = await leastkey([...create, '--name', 'Two', ...grant]);
    assert.equal(open.exit, 0);
    assert.ok(
      open.stderr.includes(
        `other users of this machine can open ${key}, and so get at the record key: chmod 600 ${key}`,
      ),
      open.stderr,
    );
  } finally {
    remove();
  }
});
