/** The page "Getting started" of the site, as its reader follows it: it compiles and runs. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { codeBlocks } from '../js/support/examples.mjs';
import { skipped } from './hosts/suite-in.mjs';

const run = promisify(execFile);
const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Beside this file, so that the package and Express are found above. */
const folder = inHere('getting-started');

let server;
after(() => {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('Getting started', { skip: skipped('node') }, () => {
  const page = readFileSync(inHere('../../site/pages/getting-started.md'), 'utf8');
  const files = codeBlocks(page, 'ts').map(({ code }) => [/^\/\/ (\w+\.ts)\n/.exec(code)[1], code]);

  before(() => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const [name, code] of files) {
      writeFileSync(join(folder, name), code);
      writeFileSync(join(folder, name.replace('.ts', '.js')), transformSync(code, { loader: 'ts' }).code);
    }
  });

  test('compiles under strict', async () => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      types: ['node'],
    };
    const config = {
      compilerOptions: { ...compilerOptions, skipLibCheck: true },
      files: files.map(([name]) => name),
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await run(process.execPath, [
      inHere('node_modules/typescript/bin/tsc'),
      '-p',
      folder,
    ]).catch((error) => error);
    assert.equal(stdout, '');
  });

  test('has a server of at most 20 lines', () => {
    const [, code] = files.find(([name]) => name === 'server.ts');
    const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//'));
    assert.ok(lines.length <= 20, `${lines.length} lines`);
  });

  test('serves, creates, refuses and revokes', async () => {
    const port = await freePort();
    const env = { ...process.env, PORT: String(port) };
    server = spawn(process.execPath, ['server.js'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(server.stdout, 'data');
    const program = async (name) => (await run(process.execPath, [name], { cwd: folder })).stdout.trim();
    const token = await program('create.js');
    const ask = async (method, headers = { authorization: `Bearer ${token}` }) => {
      const response = await fetch(`http://127.0.0.1:${port}/messages`, { method, headers });
      return [response.status, await response.text()];
    };
    assert.deepEqual(await ask('POST'), [200, 'sent by Nightly sender']);
    assert.equal((await ask('GET'))[0], 403);
    assert.equal((await ask('POST', {}))[0], 401);
    assert.equal(await program('revoke.js'), 'revoked 1');
    assert.equal((await ask('POST'))[0], 401);
  });
});

async function freePort() {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}
