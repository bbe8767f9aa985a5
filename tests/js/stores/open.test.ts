/** `openStore`: the URL chooses the store; the driver is loaded when it is needed. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LeastkeyError } from 'leastkey';
import { openStore } from 'leastkey/stores/open';
import { createToken, deployment } from '../support/deployment.js';
import { startEtcd } from '../support/servers/etcd-server.js';
import { startPostgres } from '../support/servers/postgres-server.js';
import { startRedis } from '../support/servers/redis-server.js';
import { freePorts, leftOut } from '../support/servers/server-process.js';
import { temporaryFile } from '../support/temporary-file.js';

const PASSWORD = 'hunter2/%&';

/** Everything that a log could show of an error. */
const wholeText = (error: unknown): string => {
  const { message, stack, cause } = error as Error;
  return `${message} ${stack} ${JSON.stringify(error)} ${cause === undefined ? '' : wholeText(cause)}`;
};

async function failureOf(url: string | undefined): Promise<LeastkeyError> {
  return openStore(url as string).then(
    () => assert.fail('it opened'),
    (error) => error,
  );
}

test('sqlite: opens a file', async () => {
  const file = temporaryFile();
  try {
    const store = await openStore(`sqlite:${file.path}`);
    assert.equal(store.url, `sqlite:${file.path}`);
    const tokens = await deployment({ store });
    const { token } = await createToken(tokens);
    await store.close();
    const again = await openStore(`sqlite://${file.path}`, { migrate: true });
    assert.equal((await (await deployment({ store: again })).verify(token)).code, 'valid');
    await again.close();
    await assert.rejects(again.get(['a']), { code: 'store_unavailable' });
  } finally {
    file.remove();
  }
});

test('LEASTKEY_STORE has the URL where none is given', async () => {
  const file = temporaryFile();
  process.env.LEASTKEY_STORE = `sqlite:${file.path}`;
  try {
    const store = await openStore();
    assert.ok(existsSync(file.path));
    await store.close();
  } finally {
    delete process.env.LEASTKEY_STORE;
    file.remove();
  }
});

test('a URL of no known scheme is told which there are', async () => {
  for (const url of ['mongodb://localhost/x', './tokens.db', '', undefined, 'POSTGRE://localhost']) {
    const { code, path, message } = await failureOf(url);
    assert.equal(code, 'invalid_input');
    assert.equal(path, 'url');
    for (const known of ['postgres://', 'redis://', 'etcd://', 'sqlite:'])
      assert.ok(message.includes(known), message);
  }
  assert.match((await failureOf('mongodb://localhost/x')).message, /"mongodb:"/);
  assert.match((await failureOf('sqlite:')).message, /path of a file/);
  assert.match((await failureOf('sqlite://host/x')).message, /path of a file/);
});

test('no error has the password', async () => {
  const [port] = (await freePorts(1)) as [number];
  const encoded = encodeURIComponent(PASSWORD);
  const urls = [
    `postgres://ada:${encoded}@127.0.0.1:${port}/tokens`,
    `postgres://ada:${encoded}@no-such-host.invalid/tokens`,
    // What is not percent-encoded makes a URL that no one can read.
    `postgres://ada:${PASSWORD}@127.0.0.1:${port}/tokens`,
    `postgres://ada:${encoded}@127.0.0.1:${port}/tokens?password=${encoded}`,
    `mongodb://ada:${encoded}@127.0.0.1/x`,
  ];
  for (const url of urls) {
    const error = await failureOf(url);
    assert.equal(error.name, 'LeastkeyError', wholeText(error));
    for (const secret of [PASSWORD, encoded, 'hunter2']) assert.ok(!wholeText(error).includes(secret), url);
  }
  const { code, message } = await failureOf(urls[0]);
  assert.equal(code, 'store_unavailable');
  assert.ok(message.startsWith(`cannot use postgres://ada@127.0.0.1:${port}/tokens: `), message);
});

/** A project with the package and these drivers alone, and a script that opens URLs in it. */
function projectWith(drivers: string[]) {
  const { folder, remove } = temporaryFile();
  const installed = fileURLToPath(new URL('../../../node_modules', import.meta.url));
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(installed, 'leastkey'), join(folder, 'node_modules/leastkey'), {
    recursive: true,
    dereference: true,
  });
  rmSync(join(folder, 'node_modules/leastkey/node_modules'), { recursive: true, force: true });
  for (const name of drivers) symlinkSync(join(installed, name), join(folder, 'node_modules', name));
  const script = join(folder, 'open.mjs');
  writeFileSync(
    script,
    `import { openStore } from 'leastkey/stores/open';
     for (const url of process.argv.slice(2)) {
       try {
         const store = await openStore(url, { migrate: true });
         console.log('opened', await store.commit([{ key: 'a', value: '1' }]), await store.get(['a']));
         await store.close();
       } catch ({ code, message }) {
         console.log(code, message);
       }
     }`,
  );
  const open = async (...urls: string[]) =>
    (await promisify(execFile)(process.execPath, [script, ...urls])).stdout.trimEnd().split('\n');
  return { open, remove };
}

test('a missing driver says what to install', async () => {
  const project = projectWith([]);
  try {
    const needs = (scheme: string, names: string, first: string) =>
      `store_unavailable a ${scheme}: store needs the package ${names}: npm install ${first}`;
    assert.deepEqual(await project.open('postgres://localhost/x', 'redis://localhost'), [
      needs('postgres', 'pg or postgres', 'pg'),
      needs('redis', 'redis or ioredis', 'redis'),
    ]);
  } finally {
    project.remove();
  }
});

describe('redis:', { skip: leftOut('redis') }, () => {
  for (const driver of ['redis', 'ioredis']) {
    test(`opens a server with ${driver}, and names what follows the #`, async () => {
      const server = await startRedis();
      const project = projectWith([driver]);
      try {
        const [port] = await freePorts(1);
        const [opened, again, unreachable] = await project.open(
          `${server.url}/0#acme`,
          server.url,
          `redis://ada:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/0#acme`,
        );
        assert.equal(opened, "opened true [ '1' ]");
        assert.equal(again, "opened true [ '1' ]");
        assert.equal(
          unreachable,
          `store_unavailable cannot use redis://ada@127.0.0.1:${port}/0#acme: connect ECONNREFUSED 127.0.0.1:${port}`,
        );
        const store = await openStore(`${server.url}/0#acme`);
        assert.deepEqual(await store.list({ prefix: '', limit: 9 }), [{ key: 'a', value: '1' }]);
        await store.commit([{ key: 'a', value: '2' }]);
        await store.close();
        const other = await openStore(server.url);
        assert.deepEqual(await other.get(['a']), ['1']);
        await other.close();
      } finally {
        project.remove();
        await server.stop();
      }
    });
  }
});

describe('etcd:', { skip: leftOut('etcd') }, () => {
  test('opens a cluster of which a node is missing', async () => {
    const cluster = await startEtcd();
    try {
      const [port] = await freePorts(1);
      const url = `etcd://127.0.0.1:${port},${new URL(cluster.endpoints[0] as string).host}`;
      assert.match((await failureOf(url)).message, /prefix leastkey; call migrate\(\)/);
      const store = await openStore(`${url}#acme`, { migrate: true });
      assert.equal(store.url, `${url}#acme`);
      assert.equal(await store.commit([{ key: 'a', value: '1' }]), true);
      assert.deepEqual(await store.get(['a']), ['1']);
      await store.close();
      assert.match((await failureOf(`etcd://127.0.0.1:${port}`)).message, /^cannot use etcd:\/\/127/);
    } finally {
      await cluster.stop();
    }
  });
});

describe('postgres:', { skip: leftOut('postgresql') }, () => {
  test('opens a database, after migrate', async () => {
    const server = await startPostgres();
    const project = projectWith(['postgres']);
    try {
      assert.deepEqual(await project.open(`${server.url()}#acme`), ["opened true [ '1' ]"]);
      const url = server.url();
      const { code, message } = await failureOf(url);
      assert.equal(code, 'store_unavailable');
      assert.match(message, /migrate\(\)/);
      const store = await openStore(url, { migrate: true });
      assert.equal(store.url, url);
      const { token } = await createToken(await deployment({ store }));
      await store.close();
      const again = await openStore(url.replace('postgres:', 'postgresql:'));
      assert.equal((await (await deployment({ store: again })).verify(token)).code, 'valid');
      await again.close();
    } finally {
      project.remove();
      await server.stop();
    }
  });
});
