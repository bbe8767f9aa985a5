/** A SQLite store in another process, which can be killed. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Store } from 'leastkey';

const SCRIPT = fileURLToPath(new URL('./serve-sqlite.js', import.meta.url));

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

export async function serveStore(path: string): Promise<{
  store: Store;
  setClock(now: number): void;
  kill(): Promise<void>;
  close(): Promise<void>;
}> {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let now = 0;
  let child = await start();

  async function start(): Promise<ChildProcess> {
    const started = fork(SCRIPT, [path]);
    await once(started, 'message');
    started.on('message', ({ id, answer, error }: { id: number; answer: never; error?: object }) => {
      if (error === undefined) waiting.get(id)?.resolve(answer);
      else waiting.get(id)?.reject(Object.assign(new Error(), error));
      waiting.delete(id);
    });
    started.on('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('the process ended'));
      waiting.clear();
    });
    return started;
  }

  function call<T>(method: keyof Store, argument: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (child.exitCode !== null || child.signalCode !== null)
        return reject(new Error('the process has ended'));
      const id = calls++;
      waiting.set(id, { resolve, reject });
      child.send({ id, now, method, argument }, (error) => error && reject(error));
    });
  }

  async function end(): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  return {
    store: {
      get: (keys) => call('get', keys),
      list: (range) => call('list', range),
      commit: (writes) => call('commit', writes),
    },
    setClock(instant) {
      now = instant;
    },
    async kill() {
      await end();
      child = await start();
    },
    close: end,
  };
}
