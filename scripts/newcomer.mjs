/**
 * `npm run newcomer`: a newcomer's first run, timed. From a fresh clone to guarded requests,
 * and from the packed package to a guarded Express server in TypeScript, whose lines and concepts
 * of ours are counted. `-- --tarball` leaves the clone out, which builds everything.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder, root } from './paths.mjs';
import { report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

const MOST_LINES = 15;
const MOST_CONCEPTS = 6;

const SERVER = `import express from 'express';
import { createTokens } from 'leastkey';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse } from 'leastkey/node';
import { sqliteStore } from 'leastkey/stores/sqlite';
const permissions = { send: { title: 'Send', routes: ['POST /messages'] }, read: { title: 'Read', routes: ['GET /messages'] } };
export const catalog = { services: { messages: { title: 'Messages', permissions } } };
export const tokens = await createTokens({ catalog, store: sqliteStore({ path: './tokens.db' }), prefix: 'acme_dev' });
const guard = createGuard(tokens);
const app = express().use(async (request, response, next) => {
  const { response: refusal } = await guard(requestOf(request));
  return refusal ? sendResponse(response, refusal) : next();
});
app.all('/messages', (_request, response) => void response.send('done'));
const server = app.listen(Number(process.env.PORT), () => console.log(JSON.stringify(server.address())));
`;

/** What of it a reader has to learn: each is in the server. */
const CONCEPTS = {
  catalog: /catalog = \{ services/,
  permission: /permissions = /,
  route: /routes: \[/,
  store: /store: /,
  prefix: /prefix: /,
  guard: /guard\(/,
};

const CREATE = `import { tokens } from './server.js';
const admin = { id: 'user:1', roles: { 'org:acme': 'admin' } };
const { token } = await tokens.create({ kind: 'permission-set', name: 'Nightly', owner: 'org:acme', add: ['messages:send'] }, admin);
console.error(token);
process.exit();
`;

const folder = mkdtempSync(join(tmpdir(), 'leastkey-newcomer-'));
try {
  if (!process.argv.includes('--tarball')) await fromClone();
  await fromTarball();
} catch (error) {
  report(error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The requests of the demo are guarded; it checks the status of each. */
async function fromClone() {
  const clone = join(folder, 'clone');
  await timed('from a clone to guarded requests', [
    ['git', ['clone', '--quiet', root, clone], folder],
    ['npm', ['start', '--', '--once'], clone],
  ]);
}

async function fromTarball() {
  const project = join(folder, 'guarded');
  const lines = SERVER.trim().split('\n').length;
  const concepts = Object.keys(CONCEPTS).filter((name) => CONCEPTS[name].test(SERVER));
  assert.deepEqual(concepts, Object.keys(CONCEPTS));
  assert.ok(lines <= MOST_LINES && concepts.length <= MOST_CONCEPTS);
  await run('npm', ['pack', packageFolder, '--pack-destination', folder]);
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "guarded", "private": true, "type": "module" }');
  const options = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    outDir: 'built',
    skipLibCheck: false,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  writeFileSync(join(project, 'server.ts'), SERVER);
  writeFileSync(join(project, 'create.ts'), CREATE);
  const packages = ['express@5', 'typescript@5.9', '@types/express@5', '@types/node@20'];
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...packages];
  await timed('from the package to a guarded Express server in TypeScript', [
    ['npm', install, project],
    ['npx', ['tsc'], project],
  ]);
  await guarded(project);
  console.log(
    `  ${lines} lines with those of Express, ${concepts.length} concepts of ours: ${concepts.join(', ')};`,
  );
  const words = 'kind, owner, actor';
  console.log(
    `  ${CREATE.trim().split('\n').length - 2} more lines make a token, with three more concepts: ${words}.`,
  );
}

/** Starts the server, and asks it with a token and without. */
async function guarded(project) {
  const env = { ...process.env, PORT: '0' };
  const { stderr } = await output('node', ['built/create.js'], project, env);
  const token = /acme_dev_\w+/.exec(stderr)[0];
  const server = spawn('node', ['built/server.js'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [text] = await new Promise((resolve) => server.stdout.once('data', (...data) => resolve(data)));
    const { port } = JSON.parse(text);
    const ask = async (method, headers) =>
      (await fetch(`http://127.0.0.1:${port}/messages`, { method, headers })).status;
    const headers = { authorization: `Bearer ${token}` };
    const statuses = [await ask('POST', headers), await ask('GET', headers), await ask('POST', {})];
    assert.deepEqual(statuses, [200, 403, 401]);
    console.log('  with its token 200, where it lacks the permission 403, without a token 401');
  } finally {
    server.kill();
  }
}

function output(program, args, cwd, env) {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of Object.keys(texts))
    child[name].on('data', (chunk) => {
      texts[name] += chunk;
    });
  return new Promise((resolve) => child.once('close', () => resolve(texts)));
}

async function timed(what, commands) {
  const start = performance.now();
  for (const [program, args, cwd] of commands) await run(program, args, { cwd });
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${what}: ${commands.length} commands, ${Math.floor(seconds / 60)} min ${seconds % 60} s`);
}
