/** The files of the published package: declarations of public names, and source maps. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.resolve('leastkey/package.json')));
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const files = readdirSync(folder, { recursive: true }).map((name) => name.split('\\').join('/'));
const read = (name) => readFileSync(join(folder, name), 'utf8');

describe('the declarations', () => {
  const declared = files.filter((name) => name.endsWith('.d.ts'));
  const entries = new Set(
    Object.values(manifest.exports).flatMap(({ types }) => (types === undefined ? [] : [normalize(types)])),
  );

  test('are those of the entries, and what entries share', () => {
    const shared = declared.filter((name) => !entries.has(name));
    assert.ok(shared.length > 0);
    for (const name of shared) assert.match(name, /^types\/[a-z-]+\.d\.ts$/);
    for (const name of entries) assert.ok(declared.includes(name), name);
  });

  test('export no name that is not public: each is exported by an entry', () => {
    const isPublic = new Set([...entries].flatMap((name) => exportedBy(read(name))));
    for (const name of ['createTokens', 'Tokens', 'Verdict', 'createGuard', 'sqliteStore'])
      assert.ok(isPublic.has(name), name);
    // What the signatures of public functions have, and nobody writes.
    const unnamed = new Set(['AnyVerdict', 'RequirementOf', 'WithoutToken']);
    for (const name of declared.filter((name) => name.startsWith('types/'))) {
      const internal = exportedBy(read(name)).filter((id) => !isPublic.has(id) && !unnamed.has(id));
      assert.deepEqual(internal, [], name);
    }
  });
});

/** The names in `export { … }` and `export type { … }`, with `from` or without. */
const exportedBy = (text) =>
  [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) =>
    names
      .split(',')
      .map((name) => name.trim().split(' as ').pop())
      .filter((name) => name !== ''),
  );

describe('the source maps', () => {
  const scripts = files.filter((name) => name.endsWith('.js') && !name.startsWith('wasm/'));

  test('are there for each script, with the text of each source', () => {
    assert.ok(scripts.length > 30);
    for (const name of scripts) {
      assert.match(read(name), new RegExp(`^//# sourceMappingURL=${name.split('/').pop()}\\.map\\s*$`, 'm'));
      const { sources, sourcesContent } = JSON.parse(read(`${name}.map`));
      assert.equal(sourcesContent.length, sources.length, name);
      for (const source of sources) {
        const path = normalize(join(dirname(name), source));
        assert.doesNotMatch(path, /^\.\.|^\//, `${name}.map`);
      }
    }
  });

  test('lead from an error to the line that made it', () => {
    const program = `
      import { createTokens } from 'leastkey';
      import { memoryStore } from 'leastkey/stores/memory';
      const error = await createTokens({ catalog: {}, store: memoryStore(), prefix: '-' }).catch((e) => e);
      console.log(error.stack);`;
    const options = { cwd: dirname(fileURLToPath(import.meta.url)), encoding: 'utf8' };
    const mapped = ['--enable-source-maps', '--input-type=module', '-e', program];
    const frames = [
      ...execFileSync(process.execPath, mapped, options).matchAll(/leastkey\/src\/(\S+\.ts):(\d+):/g),
    ];
    assert.ok(frames.length >= 3);
    const texts = sourceTexts();
    const called = frames.map(([, path, line]) => texts.get(path)?.split('\n')[line - 1] ?? path);
    assert.ok(
      called.some((line) => line.includes('await ManageCore.start(settings')),
      called.join('\n'),
    );
  });

  /** The text of each source, by its path in `src/`. */
  function sourceTexts() {
    const texts = new Map();
    for (const name of scripts) {
      const { sources, sourcesContent } = JSON.parse(read(`${name}.map`));
      sources.forEach((source, index) => {
        texts.set(source.replace(/^.*?src\//, ''), sourcesContent[index]);
      });
    }
    return texts;
  }
});
