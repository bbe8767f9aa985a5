import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { circles, drawing, readImports, upwardImports } from '../../scripts/layers.mjs';
import { inClone } from '../../scripts/paths.mjs';

describe('the layers of js/', () => {
  const imports = readImports();

  it('have no import upward or sideways, also of types', () => {
    assert.deepEqual(upwardImports(imports), []);
  });

  it('have no circle of files', () => {
    assert.deepEqual(circles(imports), []);
  });

  it('are drawn in CONTRIBUTING.md', () => {
    assert.ok(readFileSync(inClone('CONTRIBUTING.md'), 'utf8').includes(drawing()), drawing());
  });

  it('are walked in CONTRIBUTING.md by files that exist', () => {
    const [, walks] = readFileSync(inClone('CONTRIBUTING.md'), 'utf8').split('A guarded request that');
    const named = [...walks.matchAll(/^([a-z]+\/[a-z-]+\.ts) {2,}/gm)].map(([, name]) => name);
    assert.ok(named.length > 30, `${named.length} files`);
    assert.deepEqual(
      named.filter((name) => !imports.has(name)),
      [],
    );
  });

  it('include every file', () => {
    assert.ok(imports.size > 200, `${imports.size} files`);
    assert.ok(imports.get('index.ts').includes('manage/create-tokens.ts'));
    assert.ok(imports.get('cli/open-deployment.ts').includes('index.ts'));
  });
});

describe('the check of layers', () => {
  it('finds an import upward, and one of a folder in the same layer', () => {
    const imports = new Map([
      ['api/token.ts', ['input/values.ts']],
      ['input/values.ts', ['api/errors.ts', 'input/duration.ts']],
      ['portal/index.ts', ['http/index.ts', 'manage/create-tokens.ts']],
      ['core/verify-core.ts', ['index.ts']],
    ]);
    assert.deepEqual(upwardImports(imports), [
      'api/token.ts -> input/values.ts',
      'portal/index.ts -> http/index.ts',
      'core/verify-core.ts -> index.ts',
    ]);
  });

  it('finds circles, of two files and of three', () => {
    const imports = new Map([
      ['api/a.ts', ['api/b.ts']],
      ['api/b.ts', ['api/a.ts']],
      ['core/a.ts', ['core/b.ts', 'api/a.ts']],
      ['core/b.ts', ['core/c.ts']],
      ['core/c.ts', ['core/a.ts']],
    ]);
    assert.deepEqual(circles(imports), ['api/a.ts, api/b.ts', 'core/a.ts, core/b.ts, core/c.ts']);
  });

  it('refuses a folder that is in no layer', () => {
    const imports = new Map([['elsewhere/a.ts', ['api/token.ts']]]);
    assert.throws(() => upwardImports(imports), /elsewhere\/a\.ts: its folder is in no layer/);
  });
});
