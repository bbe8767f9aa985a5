/** Two builds of one clone at once. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { withLock } from '../../scripts/shell/lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'leastkey-lock-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'inner', 'lock');

test('the second waits, says so once, and continues after the first, even if that fails', async () => {
  const events = [];
  const build = (name, work) =>
    withLock(
      file,
      () => events.push(`${name} waits`),
      async () => {
        events.push(`${name} begins`);
        await work();
        events.push(`${name} ends`);
      },
    );
  const first = build('first', async () => {
    await pause(300);
    throw new Error('broken');
  });
  const second = build('second', () => pause(10));
  await assert.rejects(first, /broken/);
  await second;
  assert.deepEqual(events, ['first begins', 'second waits', 'second begins', 'second ends']);
  assert.equal(existsSync(file), false);
});

test('a lock of a dead process is ignored', { timeout: 5_000 }, async () => {
  const dead = spawnSync(process.execPath, ['--version']).pid;
  writeFileSync(file, String(dead));
  let ran = false;
  await withLock(
    file,
    () => {},
    async () => {
      ran = true;
    },
  );
  assert.equal(ran, true);
});
