/** `openStore`: the URL chooses the store; the driver is loaded when it is needed. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LeastkeyError } from 'leastkey';
import { openStore } from 'leastkey/stores/open';
import { createToken, deployment } from '../support/deployment.js';
import { startPostgres } from '../support/servers/postgres-server.js';
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
    for (const known of ['postgres://', 'sqlite:']) assert.ok(message.includes(known), message);
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

test('a missing driver says what to install', async () => {
  const { folder, remove } = temporaryFile();
  try {
    const entry = fileURLToPath(import.meta.resolve('leastkey/package.json'));
    mkdirSync(join(folder, 'node_modules'));
    cpSync(join(entry, '..'), join(folder, 'node_modules/leastkey'), { recursive: true, dereference: true });
    rmSync(join(folder, 'node_modules/leastkey/node_modules'), { recursive: true, force: true });
    const script = join(folder, 'open.mjs');
    writeFileSync(
      script,
      `import { openStore } from 'leastkey/stores/open';
       for (const url of process.argv.slice(2))
         await openStore(url).catch(({ code, message }) => console.log(code, message));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script, 'postgres://localhost/x']);
    assert.equal(
      stdout,
      'store_unavailable a postgres: store needs the package pg or postgres: npm install pg\n',
    );
  } finally {
    remove();
  }
});

describe('postgres:', { skip: leftOut('postgresql') }, () => {
  test('opens a database, after migrate', async () => {
    const server = await startPostgres();
    try {
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
      await server.stop();
    }
  });
});
