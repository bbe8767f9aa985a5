/** Workers by the tools of others: Nitro, wrangler and Cloudflare's plugin of Vite. */

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { inHere, program, project, run } from './hosts.mjs';

const running = [];
after(() => Promise.all(running.map((workerd) => workerd.dispose())));

/** The failed cases of the suite in a worker that a tool has written into a folder. */
async function failures(folder, main) {
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => /\.(?:m?js|wasm)$/.test(name))
    .sort((one) => (one === main ? -1 : 1));
  const workerd = new Miniflare({
    modulesRoot: folder,
    modules: files.map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(folder, name),
      contents: readFileSync(join(folder, name)),
    })),
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['nodejs_compat'],
    cf: false,
  });
  running.push(workerd);
  const response = await workerd.dispatchFetch('http://worker/suite');
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()).filter(({ error }) => error !== undefined);
}

/** A project with the suite, and the tools by name. */
function withSuite(files, tools = []) {
  const folder = project({ 'package.json': { name: 'worker', type: 'module' }, ...files });
  for (const name of ['run.mjs', 'suite.mjs', 'expect.mjs'])
    cpSync(inHere(`../runtimes/${name}`), join(folder, name));
  for (const name of tools) symlinkSync(inHere(`node_modules/${name}`), join(folder, 'node_modules', name));
  return folder;
}

const worker =
  "import { run } from './run.mjs';\nexport default { fetch: async () => Response.json(await run()) };\n";

describe('Nitro, with the switch for WebAssembly', () => {
  const files = {
    'server/routes/suite.js':
      "import { run } from '../../run.mjs';\nexport default defineEventHandler(() => run());\n",
    'nitro.config.mjs':
      "export default { srcDir: 'server', compatibilityDate: '2026-04-01', experimental: { wasm: true } };\n",
  };
  const build = async (preset) => {
    const folder = withSuite(files, ['nitropack', 'h3', 'unenv']);
    const { code, output } = await run(program('nitropack'), ['build', '--preset', preset], { cwd: folder });
    assert.equal(code, 0, output);
    return folder;
  };

  test('cloudflare_module', async () => {
    const folder = await build('cloudflare_module');
    assert.deepEqual(await failures(join(folder, '.output/server'), 'index.mjs'), []);
  });
});

test('wrangler deploy --dry-run', async () => {
  const folder = withSuite({
    'worker.mjs': worker,
    'wrangler.jsonc': { name: 'suite', main: 'worker.mjs', compatibility_date: '2026-04-01' },
  });
  const env = { WRANGLER_SEND_METRICS: 'false' };
  const { code, output } = await run(program('wrangler'), ['deploy', '--dry-run', '--outdir', 'out'], {
    cwd: folder,
    env,
  });
  assert.equal(code, 0, output);
  assert.deepEqual(await failures(join(folder, 'out'), 'worker.js'), []);
});

test('Cloudflare’s plugin of Vite', async () => {
  const folder = withSuite(
    {
      'worker.mjs': worker,
      'wrangler.jsonc': { name: 'suite', main: 'worker.mjs', compatibility_date: '2026-04-01' },
      'vite.config.mjs':
        "import { cloudflare } from '@cloudflare/vite-plugin';\nexport default { plugins: [cloudflare()], logLevel: 'error' };\n",
    },
    ['vite', 'wrangler'],
  );
  symlinkSync(inHere('node_modules/@cloudflare'), join(folder, 'node_modules/@cloudflare'));
  const { code, output } = await run(program('vite'), ['build'], { cwd: folder });
  assert.equal(code, 0, output);
  assert.deepEqual(await failures(join(folder, 'dist/suite'), 'index.js'), []);
});
