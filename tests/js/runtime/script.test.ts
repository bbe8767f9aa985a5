import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ending, lines, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';

test('a script ends by itself: no timer and no handle is left', { timeout: 60_000 }, async () => {
  const file = temporaryFile();
  const child = start('short-script', file.path);
  try {
    const printed: string[] = [];
    for await (const line of lines(child)) printed.push(line);
    assert.equal(await ending(child), 0);
    assert.deepEqual(printed, ['done']);
  } finally {
    // The limit of the process is far below the deadline that a leaked timer would wait for.
    child.kill('SIGKILL');
    file.remove();
  }
});
