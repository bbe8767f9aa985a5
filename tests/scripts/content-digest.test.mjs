/** Digests of files decide whether an output is rebuilt. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { contentOf } from '../../scripts/shell/content-digest.mjs';

const folder = mkdtempSync(join(tmpdir(), 'leastkey-content-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = (...parts) => join(folder, ...parts);

test('content decides: changed, added, renamed and removed files, and further texts', () => {
  mkdirSync(path('src/inner'), { recursive: true });
  writeFileSync(path('src/a'), 'one');
  writeFileSync(path('src/inner/b'), 'two');
  const digests = [];
  const take = (...texts) => digests.push(contentOf([path('src'), path('absent')], ...texts));

  take();
  writeFileSync(path('src/a'), 'changed');
  take();
  writeFileSync(path('src/inner/c'), '');
  take();
  renameSync(path('src/inner/c'), path('src/inner/d'));
  take();
  rmSync(path('src/inner/d'));
  writeFileSync(path('absent'), '');
  take();
  take('rust 1.96');
  assert.equal(new Set(digests).size, digests.length, 'each differs from all others');

  rmSync(path('absent'));
  writeFileSync(path('src/a'), 'one');
  assert.equal(
    contentOf([path('src'), path('absent')]),
    digests[0],
    'the same content again, whenever it was written',
  );
});
