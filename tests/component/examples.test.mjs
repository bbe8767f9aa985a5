/** The example of a host in Node runs as it stands. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { transpiled } from './support/components.mjs';

test('examples/component/node creates a token and verifies it', () => {
  const said = execFileSync(process.execPath, ['examples/component/node/main.mjs', transpiled], {
    encoding: 'utf8',
  });
  assert.equal(said, 'created Nightly\nfrom the store: valid for org:acme\nfrom the cache: valid\n');
});
