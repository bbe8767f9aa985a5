import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OptionError } from '../../../examples/server/options.mjs';
import { person } from '../../../examples/server/people.mjs';
import { startDemo } from '../../../examples/server/serve.mjs';
import { begin, walks } from '../../../examples/server/walks.mjs';

const serve = new URL('../../../examples/server/serve.mjs', import.meta.url);
const personal = walks.find(({ create }) => create.kind === 'personal');
const data = mkdtempSync(join(tmpdir(), 'leastkey-demo-'));
after(() => rmSync(data, { recursive: true, force: true }));

/** Runs a module in a separate process, as `npm start -- --once` does after the build. */
function program(source) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { timeout: 60_000 });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
  }
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, text })));
}

const once = (prepare) => `
  import { walkOnce } from ${JSON.stringify(serve.href)};
  import { walks } from ${JSON.stringify(new URL('walks.mjs', serve).href)};
  ${prepare}
  const good = await walkOnce({ port: 0, data: ${JSON.stringify(data)} }, taken);
  process.exitCode = good ? 0 : 1;`;

describe('the walk', () => {
  test('every response is the expected one, and each credential is printed once', async () => {
    const { exit, text } = await program(once('const taken = walks;'));
    assert.equal(exit, 0, text);
    const credentials = text.match(/acme_demo_[0-9A-Za-z]{53}/g);
    const steps = walks.flatMap((walk) => walk.steps({ id: 'x', name: 'x' }));
    const made = steps.filter(({ keep }) => keep !== undefined).length;
    assert.equal(credentials.length, walks.length + made, text);
    assert.equal(new Set(credentials).size, credentials.length);
    assert.match(text, new RegExp(`All ${steps.length} answers were the expected ones`));
  });

  for (const [title, at, expect] of [
    ['status', 0, { status: 418 }],
    ['challenge', 1, { status: 403, challenge: 'scope="another"' }],
    ['exit code', 4, { exit: 7 }],
  ]) {
    test(`a wrong expectation of the ${title} fails it`, async () => {
      const { exit, text } = await program(
        once(`const [walk] = walks;
          const steps = (record) => walk.steps(record).map((step, at) => at === ${at} ? { ...step, expect: ${JSON.stringify(expect)} } : step);
          const taken = [{ ...walk, steps }];`),
      );
      assert.equal(exit, 1, text);
      assert.match(text, /1 of 7 answers were not the expected ones/);
    });
  }
});

test('it prints the walk and serves until it is stopped', async (t) => {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { serve } from ${JSON.stringify(serve.href)}; await serve({ port: 0, data: ${JSON.stringify(data)} });`,
  ]);
  t.after(() => child.kill('SIGKILL'));
  const text = await new Promise((resolve) => {
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
      if (printed.includes('Ctrl-C stops it')) resolve(printed);
    });
    child.once('close', () => resolve(printed));
  });
  const credentials = text.match(/acme_demo_[0-9A-Za-z]{53}/g);
  assert.equal(new Set(credentials).size, walks.length);
  assert.equal(credentials.length, walks.length, 'each credential is printed once');
  const [credential] = credentials;
  assert.match(text, /npx leastkey revoke [0-9A-Za-z]{16} /);

  const [origin] = text.match(/http:\/\/127\.0\.0\.1:\d+/);
  const headers = { Authorization: `Bearer ${credential}` };
  assert.equal((await fetch(`${origin}/profiles/42`, { headers })).status, 403);

  const ended = new Promise((resolve) => child.once('close', (exit, signal) => resolve(exit ?? signal)));
  child.kill('SIGTERM');
  assert.equal(await ended, 0, 'it closed its databases and ended by itself');
});

describe('the server', () => {
  let demo;
  let hub;
  let site;
  before(async () => {
    demo = await startDemo({ port: 0, data });
    [hub, site] = [await begin(walks[0], demo.deployment), await begin(personal, demo.deployment)];
  });
  after(() => demo.close());

  const bearer = (credential) => ({ Authorization: `Bearer ${credential}` });
  const get = (path, headers = {}) => fetch(`${demo.origin}${path}`, { headers });
  const post = (path, body, headers) => fetch(`${demo.origin}${path}`, { method: 'POST', headers, body });

  test('sent messages can be read by their owner', async () => {
    const sent = await post('/messages', '{"to":"profile:7","text":"Hello"}', bearer(hub.credential));
    assert.equal(sent.status, 201);
    const message = await sent.json();
    assert.equal(message.from, 'profile:42');
    const read = await get(`/messages/${message.id}`, bearer(hub.credential));
    assert.deepEqual(await read.json(), message);

    const input = { ...walks[0].create, owner: 'org:other', name: 'Another organisation' };
    const other = await demo.deployment.tokens.create(input, { id: 'test', roles: { 'org:other': 'admin' } });
    assert.equal((await get(`/messages/${message.id}`, bearer(other.token))).status, 404);
  });

  test('refusals never differ by their cause, and nothing is cached', async () => {
    const disabled = await begin(walks[0], demo.deployment);
    await demo.deployment.tokens.disable(disabled.record.id, person(walks[0].maker));
    const unknown = 'acme_demo_nonsense';
    const bytes = [];
    for (const credential of [disabled.credential, unknown, `${hub.credential}x`]) {
      const refused = await get('/profiles/42', bearer(credential));
      assert.equal(refused.headers.get('Cache-Control'), 'no-store');
      bytes.push(`${refused.status} ${refused.headers.get('WWW-Authenticate')} ${await refused.text()}`);
    }
    assert.match(bytes[0], /^401 Bearer realm="leastkey-demo", error="invalid_token"/);
    assert.equal(new Set(bytes).size, 1, bytes.join('\n'));
  });

  test('two credentials are an invalid request', async () => {
    const { port } = new URL(demo.origin);
    const answer = await raw(
      Number(port),
      `GET /devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${site.credential}\r\nAuthorization: Bearer ${site.credential}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /error="invalid_request"/);
  });

  test('odd requests get a response, and the server stays up', async () => {
    assert.equal((await get('/nowhere')).status, 404);
    assert.equal((await get('//')).status, 404);
    const wrongMethod = await fetch(`${demo.origin}/devices`, {
      method: 'DELETE',
      headers: bearer(site.credential),
    });
    assert.deepEqual([wrongMethod.status, wrongMethod.headers.get('Allow')], [405, 'GET, POST']);
    assert.equal((await post('/devices', 'not JSON', bearer(site.credential))).status, 400);
    assert.equal((await post('/devices', 'null', bearer(site.credential))).status, 400);
    assert.equal((await post('/devices', 'x'.repeat(20_000), bearer(site.credential))).status, 413);
    assert.equal((await post('/devices', '{}')).status, 401);
    assert.equal((await get('/devices', bearer(site.credential))).status, 200);
  });

  test('a port in use is reported, with a way out', async () => {
    const port = Number(new URL(demo.origin).port);
    await assert.rejects(startDemo({ port, data }), (error) => {
      assert.ok(error instanceof OptionError);
      assert.match(error.message, new RegExp(`${port} is taken.*--port`));
      return true;
    });
  });

  test('Leastkey’s own API is served beside the routes of the demo, for users of the demo', async () => {
    const list = (headers) => get('/leastkey/v1/tokens?owner=org:acme&limit=1', headers);
    assert.equal((await list()).status, 401);
    assert.equal((await list({ 'Demo-Actor': 'toString' })).status, 401);
    assert.equal((await list({ 'Demo-Actor': 'eve' })).status, 403);
    const { items } = await (await list({ 'Demo-Actor': 'ada' })).json();
    assert.equal(items.length, 1);
    const { port } = new URL(demo.origin);
    const rebound = `GET /leastkey/v1/catalog HTTP/1.1\r\nHost: evil.test:${port}\r\nDemo-Actor: ada\r\nConnection: close\r\n\r\n`;
    assert.match(await raw(Number(port), rebound), /^HTTP\/1\.1 401 /);
  });

  test('a valid credential makes its token the actor, and an invalid one nobody', async () => {
    const actor = async (headers) => {
      const answer = await get('/leastkey/v1/actor', headers);
      return answer.status === 200 ? answer.json() : answer.status;
    };
    assert.deepEqual(await actor(bearer(site.credential)), { token: site.record.id });
    const both = { ...bearer(site.credential), 'Demo-Actor': 'ada' };
    assert.deepEqual(await actor(both), { token: site.record.id }, 'a token is never widened by a header');
    assert.equal(await actor({ ...bearer(`${site.credential}x`), 'Demo-Actor': 'ada' }), 401);
    const here = { ...personal.create, name: 'Elsewhere', conditions: { ips: ['192.0.2.1'] } };
    const elsewhere = await demo.deployment.tokens.create(here, person(personal.maker));
    assert.equal(await actor(bearer(elsewhere.token)), 401, 'its conditions are met or it is refused');
  });

  test('requests through a proxy are refused, whatever user they name', async () => {
    const actor = { id: 'test', roles: { 'org:acme': 'admin' } };
    const owned = async () =>
      (await demo.deployment.tokens.list({ owner: 'org:acme', limit: 100 }, actor)).items;
    const before = (await owned()).length;
    const input = JSON.stringify({ ...walks[0].create, name: 'From anywhere' });
    const sent = { 'Content-Type': 'application/json', 'Demo-Actor': 'ada' };
    for (const [name, value] of [
      ['Forwarded', 'for=203.0.113.7'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Forwarded-Host', 'demo.example'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded', ''],
      ['Via', '1.1 proxy'],
      ['X-Real-IP', '203.0.113.7'],
      ['CF-Connecting-IP', '203.0.113.7'],
    ]) {
      const refused = await post('/leastkey/v1/tokens', input, { ...sent, [name]: value });
      assert.equal(refused.status, 403, name);
      assert.match((await refused.json()).detail, new RegExp(`a proxy.* ${name.toLowerCase()}\\.$`));
      assert.equal((await get('/', { [name]: value })).status, 403, name);
      assert.equal((await get('/devices', { ...bearer(site.credential), [name]: value })).status, 403, name);
    }
    const { port } = new URL(demo.origin);
    const old = `GET /leastkey/v1/catalog HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nDemo-Actor: ada\r\n\r\n`;
    assert.match(await raw(Number(port), old), /^HTTP\/1\.1 403 /);
    assert.equal((await owned()).length, before, 'nothing was made');
    const direct = await post('/leastkey/v1/tokens', input, sent);
    assert.equal(direct.status, 201);
  });

  test('it listens on this machine only', () => assert.match(demo.origin, /^http:\/\/127\.0\.0\.1:/));
});

test('a second start has the tokens of the first', async () => {
  const first = await startDemo({ port: 0, data });
  const { credential } = await begin(personal, first.deployment);
  await first.close();
  const second = await startDemo({ port: 0, data });
  const answer = await fetch(`${second.origin}/devices`, {
    headers: { Authorization: `Bearer ${credential}` },
  });
  await second.close();
  assert.equal(answer.status, 200);
});

function raw(port, request) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}
