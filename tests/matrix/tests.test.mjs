/** Test runners and compilers of others. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { inHere, program, project, run } from './hosts.mjs';

const require = createRequire(import.meta.url);

const catalog = "{ services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } }";

/** The body of a test that verifies a token of its own. */
const verifies = `
  const tokens = await createTokens({ catalog: ${catalog}, store: memoryStore(), prefix: 'acme_test' });
  const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
  const input = { kind: 'permission-set', name: 'T', owner: 'org:acme', add: ['messages:send'] };
  const { token } = await tokens.create(input, admin);
  expect((await tokens.verify(token, 'messages:send')).code).toBe('valid');`;

const imports = `
  import { createTokens } from 'leastkey';
  import { memoryStore } from 'leastkey/stores/memory';`;

const succeeds = ({ code, output }) => assert.equal(code, 0, output);

describe('Jest', () => {
  const jest = (folder, env = {}) => run(program('jest'), [], { cwd: folder, env });
  const asESM = `${imports}\n test('verifies', async () => {${verifies}\n});`;

  test('CommonJS, with Babel for all files', async () => {
    const presets = [[require.resolve('@babel/preset-env'), { targets: { node: 'current' } }]];
    const babel = [require.resolve('babel-jest'), { presets }];
    succeeds(
      await jest(
        project({
          'package.json': {
            jest: { transform: { '\\.[cm]?js$': babel }, transformIgnorePatterns: [], watchman: false },
          },
          'a.test.js': asESM,
        }),
      ),
    );
  });

  test('ES modules, with Node’s own flag', async () => {
    const folder = project({
      'package.json': { type: 'module', jest: { transform: {}, watchman: false } },
      'a.test.js': asESM,
    });
    succeeds(await jest(folder, { NODE_OPTIONS: '--experimental-vm-modules' }));
  });
});

test('Vitest with jsdom and the package inlined', async () => {
  const folder = project({
    'package.json': { type: 'module' },
    'vitest.config.mjs':
      "export default { test: { environment: 'jsdom', server: { deps: { inline: ['leastkey'] } } } };",
    'a.test.mjs': `import { expect, test } from 'vitest';${imports}
      import 'leastkey/portal';
      test('verifies', async () => {${verifies}
        expect(customElements.get('leastkey-portal')).toBeDefined();
      });`,
  });
  const { symlinkSync } = await import('node:fs');
  for (const name of ['vitest', 'jsdom', 'vite'])
    symlinkSync(inHere(`node_modules/${name}`), `${folder}/node_modules/${name}`);
  succeeds(await run(program('vitest'), ['run', '--root', folder], { cwd: folder }));
});

test('the store kit in Vitest', async () => {
  const folder = project({
    'package.json': { type: 'module' },
    'a.test.mjs': `import { test } from 'vitest';
      import { storeTests } from 'leastkey/store-kit';
      import { memoryStore } from 'leastkey/stores/memory';
      storeTests('memory', () => ({ store: memoryStore() }), { test });
      const careless = () => {
        const inner = memoryStore();
        const blind = (writes) => inner.commit(writes.map(({ expect: _, ...write }) => write));
        const [get, list] = [(keys) => inner.get(keys), (range) => inner.list(range)];
      return { store: { get, list, commit: blind } };
      };
      storeTests('careless', careless, { test: (name, run) => test.fails(name, run) });`,
  });
  const { symlinkSync } = await import('node:fs');
  for (const name of ['vitest', 'vite'])
    symlinkSync(inHere(`node_modules/${name}`), `${folder}/node_modules/${name}`);
  const { output } = await run(program('vitest'), ['run', '--root', folder], { cwd: folder });
  // Of the checks of the careless store, those fail that do not depend on comparing.
  assert.match(output, /BROKEN|Expect test to fail/);
  assert.doesNotMatch(output, /FAIL.*memory: /);
});

describe('TypeScript', () => {
  const compile = (files, options) => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      skipLibCheck: true,
      types: [],
      ...options,
    };
    const folder = project({
      ...files,
      'tsconfig.json': { compilerOptions, files: Object.keys(files).filter((name) => /tsx?$/.test(name)) },
    });
    return run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', folder], { cwd: folder });
  };
  const use = `${imports}\n export const start = () => createTokens({ catalog: ${catalog}, store: memoryStore(), prefix: 'acme' });`;

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])
    test(`module ${module}, a CommonJS project`, async () =>
      succeeds(await compile({ 'package.json': {}, 'a.ts': use }, { module, moduleResolution })));

  test('module node16, a CommonJS project, is refused', async () => {
    const { code, output } = await compile(
      { 'package.json': {}, 'a.ts': use },
      { module: 'node16', moduleResolution: 'node16' },
    );
    assert.notEqual(code, 0);
    assert.match(output, /TS1479/);
  });

  for (const [framework, options] of [
    ['react', { jsx: 'react-jsx' }],
    ['preact', { jsx: 'react-jsx', jsxImportSource: 'preact' }],
    ['solid', { jsx: 'preserve', jsxImportSource: 'solid-js' }],
  ])
    test(`<leastkey-portal> in ${framework}`, async () => {
      const page = (attributes) => `import 'leastkey/portal/${framework}';
        export const page = () => <leastkey-portal ${attributes} />;`;
      const set = { module: 'esnext', moduleResolution: 'bundler', ...options };
      succeeds(await compile({ 'a.tsx': page('api="/leastkey/v1" id="tokens" routes') }, set));
      const { code, output } = await compile({ 'a.tsx': page('api={7}') }, set);
      assert.notEqual(code, 0);
      assert.match(output, /TS2322/);
    });

  test('<leastkey-portal> in Svelte', async () => {
    const use = `import 'leastkey/portal/svelte';
      import type { SvelteHTMLElements } from 'svelte/elements';
      export const properties: SvelteHTMLElements['leastkey-portal'] = { api: '/leastkey/v1', class: 'wide' };`;
    succeeds(await compile({ 'a.ts': use }, { module: 'esnext', moduleResolution: 'bundler' }));
  });
});
