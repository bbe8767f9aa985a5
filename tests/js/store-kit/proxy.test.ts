/** The fault proxy, and what it finds about clients in use that send again by themselves. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Store } from 'leastkey';
import { checkStore, formatReport } from 'leastkey/store-kit';
import { type FaultProxy, faultProxy } from 'leastkey/store-kit/proxy';
import {
  accepts,
  freePorts,
  HOST,
  leftOut,
  programPath,
  ServerProcess,
  serverFolder,
} from '../support/servers/server-process.js';

describe('the fault proxy', () => {
  const received: string[] = [];
  /** Answers each piece with the number of pieces so far. */
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received.push(String(bytes));
      socket.write(`${received.length}`);
    });
  });
  let proxy: FaultProxy;

  before(async () => {
    server.listen(0, HOST);
    await once(server, 'listening');
    proxy = await faultProxy({ port: (server.address() as AddressInfo).port });
  });
  after(async () => {
    await proxy.close();
    server.close();
  });

  async function client(): Promise<{ socket: Socket; ask(text: string): Promise<string> }> {
    received.length = 0;
    const socket = connect(proxy.port, proxy.host);
    socket.on('error', () => {});
    await once(socket, 'connect');
    const ask = async (text: string) => {
      socket.write(text);
      const [bytes] = await Promise.race([
        once(socket, 'data'),
        once(socket, 'close').then(() => ['closed']),
      ]);
      return String(bytes);
    };
    return { socket, ask };
  }

  test('passes everything while no fault is set', async () => {
    const { ask, socket } = await client();
    assert.deepEqual([await ask('a'), await ask('b')], ['1', '2']);
    socket.destroy();
  });

  test('cut: the server got the request, the client gets no answer; the next connection works', async () => {
    const one = await client();
    proxy.arm({ kind: 'cut', answer: 2 });
    assert.equal(await one.ask('a'), '1');
    assert.equal(proxy.struck, false);
    assert.equal(await one.ask('b'), 'closed');
    assert.equal(proxy.struck, true);
    assert.deepEqual(received, ['a', 'b']);
    const { ask, socket } = await client();
    assert.equal(await ask('c'), '1');
    socket.destroy();
    proxy.heal();
  });

  test('lose: the server does not get the request', async () => {
    const { ask } = await client();
    proxy.arm({ kind: 'lose', request: 2 });
    assert.equal(await ask('a'), '1');
    assert.equal(await ask('b'), 'closed');
    assert.deepEqual(received, ['a']);
    proxy.heal();
  });

  test('stall: nothing passes until it is healed', async () => {
    const { ask, socket } = await client();
    proxy.arm({ kind: 'stall' });
    const answer = ask('a');
    await pause(100);
    assert.deepEqual(received, []);
    proxy.heal();
    assert.equal(await answer, '1');
    socket.destroy();
  });

  test('duplicate: the server gets the request twice, the client the first answer', async () => {
    const { ask, socket } = await client();
    assert.equal(await ask('greeting'), '1');
    proxy.arm({ kind: 'duplicate' });
    assert.equal(await ask('a'), '2');
    assert.equal(await ask('b'), '4');
    assert.deepEqual(received, ['greeting', 'a', 'a', 'b']);
    proxy.heal();
    socket.destroy();
  });

  test('delay: each piece waits, and the order stays', async () => {
    const { ask, socket } = await client();
    proxy.arm({ kind: 'delay', milliseconds: 50 });
    const start = performance.now();
    const answers = ask('a');
    await pause(10);
    proxy.heal();
    assert.equal(await answers, '1');
    assert.ok(performance.now() - start >= 49);
    socket.destroy();
  });
});

/** A store on Redis as one would write it: right, if its client does not send again by itself. */
function simpleStore(redis: Redis): Store {
  const script = `
    local writes = cjson.decode(ARGV[1])
    for _, write in ipairs(writes) do
      local now = redis.call('GET', write.key)
      if write.absent and now then return 0 end
      if write.expect and now ~= write.expect then return 0 end
    end
    for _, write in ipairs(writes) do
      if write.delete then redis.call('DEL', write.key) end
      if write.value then redis.call('SET', write.key, write.value) end
    end
    return 1`;
  // One script: a key that is deleted between two commands would make a page look like the last.
  const page = `
    local found, entries = {}, {}
    for _, key in ipairs(redis.call('KEYS', '*')) do
      if string.sub(key, 1, #ARGV[1]) == ARGV[1] and key > ARGV[2] then table.insert(found, key) end
    end
    table.sort(found)
    for at = 1, math.min(#found, tonumber(ARGV[3])) do
      entries[at] = { found[at], redis.call('GET', found[at]) }
    end
    return entries`;
  return {
    get: (keys) => (keys.length === 0 ? [] : redis.mget(keys)),
    async list({ prefix, after = '', limit }) {
      const found = (await redis.eval(page, 0, prefix, after, limit)) as [string, string][];
      return found.map(([key, value]) => ({ key, value }));
    },
    async commit(writes) {
      const sent = writes.map(({ key, expect, value }) => ({
        key,
        ...(expect === null ? { absent: true } : { expect }),
        ...(value === null ? { delete: true } : { value }),
      }));
      return (await redis.eval(script, 0, JSON.stringify(sent))) === 1;
    },
  };
}

describe('ioredis over a connection that breaks', { skip: leftOut('redis') }, () => {
  let server: ServerProcess;
  let proxy: FaultProxy;
  let direct: Redis;
  let removeFolder: () => void;

  before(async () => {
    const { folder, remove } = serverFolder();
    removeFolder = remove;
    const [port = 0] = await freePorts(1);
    server = new ServerProcess(
      programPath('redis-server'),
      ['--port', `${port}`, '--bind', HOST, '--save', '', '--dir', folder],
      () => accepts(port),
    );
    await server.start();
    proxy = await faultProxy({ port });
    direct = new Redis(port, HOST);
  });
  after(async () => {
    direct?.disconnect();
    await proxy?.close();
    await server?.stop();
    removeFolder?.();
  });

  const check = (open: () => Redis) =>
    checkStore(
      async () => {
        await direct.flushall();
        const redis = open();
        redis.on('error', () => {});
        return {
          store: simpleStore(direct),
          link: proxy.link(simpleStore(redis)),
          close: () => redis.disconnect(),
        };
      },
      { seed: 1 },
    );

  test('in its default settings: a commit that was applied is answered false', async () => {
    const report = await check(() => new Redis(proxy.port, proxy.host));
    const found = report.broken.find(({ promise }) => promise === 'true-answers');
    assert.ok(found, formatReport(report));
    assert.match(found.message, /was answered false, and was applied/);
    assert.deepEqual(
      [...new Set(report.broken.map(({ promise }) => promise))],
      ['true-answers'],
      formatReport(report),
    );
  });

  test('without resending: nothing is found', async () => {
    const report = await check(
      () =>
        new Redis(proxy.port, proxy.host, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }),
    );
    assert.ok(report.ok, formatReport(report));
    assert.deepEqual(
      report.skipped.map(({ needs }) => needs),
      ['kill'],
    );
  });
});
