/**
 * The examples whose frameworks are large: each is installed, built and started in its own folder,
 * as its reader would do it. `npm run test:examples` runs these tests.
 */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expectExchanges, PORTAL_KEY } from './exchanges.mjs';

const run = promisify(execFile);
const guard = (name) => fileURLToPath(new URL(`../../examples/guard/${name}`, import.meta.url));
const bun = fileURLToPath(new URL('../matrix/node_modules/.bin/bun', import.meta.url));

/** The longest that a server takes to listen. */
const START = 120_000;

const endings = [];
after(() => {
  for (const end of endings) end();
});

/** Installs what an example needs, except this package, which is above it already. */
async function install(folder) {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  delete manifest.dependencies.leastkey;
  writeFileSync(file, JSON.stringify(manifest));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  });
  return manifest.scripts;
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Starts a server and returns its origin, once it answers. */
async function start(folder, [command, ...args], port) {
  const env = { ...process.env, PORTAL_KEY, PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production' };
  let output = '';
  const child = spawn(command, args, { cwd: folder, env, detached: true });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  // What npm has started ends with its group.
  endings.push(() => child.exitCode === null && process.kill(-child.pid));
  const origin = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + START; Date.now() < deadline; await wait(200)) {
    if (child.exitCode !== null) break;
    if (await fetch(origin).catch(() => undefined)) return origin;
  }
  throw new Error(`it does not listen on ${origin}:\n${output}`);
}

describe('an example of a framework', { timeout: 600_000 }, () => {
  for (const [title, name] of [
    ['Next.js', 'nextjs'],
    ['SvelteKit', 'sveltekit'],
    ['Nuxt', 'nuxt'],
  ]) {
    test(title, async () => {
      const folder = guard(name);
      await install(folder);
      await run('npm', ['run', 'build'], { cwd: folder, maxBuffer: 2 ** 26 });
      const origin = await start(folder, ['npm', 'start'], await freePort());
      await expectExchanges((path, init) => fetch(origin + path, init));
    });
  }

  test('Elysia', async () => {
    const folder = guard('elysia');
    await install(folder);
    const port = await freePort();
    const origin = await start(folder, [bun, 'server.mjs', String(port)], port);
    await expectExchanges((path, init) => fetch(origin + path, init));
  });

  test('AWS Lambda', async () => {
    const env = { ...process.env, PORTAL_KEY };
    const child = spawn(process.execPath, ['invoke.mjs'], {
      cwd: guard('lambda'),
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    endings.push(() => child.kill());
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await expectExchanges(async (path, { method, headers, body }) => {
      const [rawPath, rawQueryString = ''] = path.split('?');
      const requestContext = { domainName: 'api.example', http: { method, sourceIp: '192.0.2.7' } };
      const event = { version: '2.0', rawPath, rawQueryString, headers, requestContext };
      const sent =
        body === undefined ? {} : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
      child.stdin.write(`${JSON.stringify({ ...event, ...sent })}\n`);
      const { statusCode, headers: answered, body: text } = JSON.parse((await answers.next()).value);
      return new Response(text, { status: statusCode, headers: answered });
    });
  });

  test('Cloudflare Workers, by wrangler', async () => {
    const folder = guard('cloudflare');
    await install(folder);
    writeFileSync(join(folder, '.dev.vars'), `PORTAL_KEY="${PORTAL_KEY}"\n`);
    const [api, portal] = [await freePort(), await freePort()];
    const wrangler = join(folder, 'node_modules/.bin/wrangler');
    const dev = (config, port) => [
      wrangler,
      'dev',
      '-c',
      config,
      '--port',
      String(port),
      '--ip',
      '127.0.0.1',
    ];
    const management = await start(folder, dev('wrangler.portal.jsonc', portal), portal);
    const origin = await start(folder, dev('wrangler.jsonc', api), api);
    const manage = (method, path, body) =>
      fetch(management + path, { method, headers: { 'x-portal-key': PORTAL_KEY }, body });
    assert.equal((await fetch(`${management}/tokens`, { method: 'POST' })).status, 401);
    const { token, record } = await (await manage('POST', '/tokens', '{"name":"Portal"}')).json();
    const use = async () => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${origin}/messages`, { method: 'POST', headers })).status;
    };
    assert.equal(await use(), 200);
    assert.equal((await manage('DELETE', `/tokens/${record.id}`)).status, 200);
    assert.equal(await use(), 401);
  });
});
