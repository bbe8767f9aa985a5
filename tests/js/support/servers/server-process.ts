/** Database servers of the tests: real programs on free ports of loopback, in temporary folders. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a server may take to start or to end: on a busy machine a minute is not rare. */
const PATIENCE = 120_000;

export const HOST = '127.0.0.1';

/** Whether `LEASTKEY_WITHOUT` names a server, as its Debian package without `-server`. */
export const leftOut = (name: string): boolean =>
  (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes(name);

/** A user of the machine, for servers that refuse to run as root. */
export interface User {
  uid: number;
  gid: number;
}

/** The user of that name where the tests run as root; otherwise their own. */
export function userFor(name: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${name} on this machine`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The path of a program: on `PATH`, or in one of the folders where Debian puts servers. */
export function programPath(name: string, folders: string[] = []): string {
  const places = [...folders, '/usr/sbin', ...(process.env.PATH ?? '').split(delimiter)];
  const found = places.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed; npm test installs it`);
  return found;
}

/** A new folder that the user can write, and how to delete it. */
export function serverFolder(user?: User): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-server-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Ports that were free a moment ago. All are open at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, HOST));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Runs a program to its end. */
export async function runToEnd(program: string, args: string[], user?: User): Promise<void> {
  const child = spawn(program, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`);
}

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A running server, which a test may kill and start again with the same data. */
export class ServerProcess {
  readonly #program: string;
  readonly #args: string[];
  readonly #user: User | undefined;
  readonly #isReady: () => Promise<boolean>;
  #child: ChildProcess | undefined;
  #output = '';

  /** @param isReady whether the server answers; asked until it does */
  constructor(program: string, args: string[], isReady: () => Promise<boolean>, user?: User) {
    this.#program = program;
    this.#args = args;
    this.#user = user;
    this.#isReady = isReady;
  }

  /** Starts the program, and resolves when it answers. */
  async start(): Promise<void> {
    const child = this.launch();
    const deadline = Date.now() + PATIENCE;
    while (!(await this.#isReady().catch(() => false))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`${this.#program} did not start: ${this.#output.slice(-2_000)}`);
      }
      await pause(50);
    }
  }

  /** Starts the program without waiting for an answer: of a cluster, one node alone has none. */
  launch(): ChildProcess {
    const child = spawn(this.#program, this.#args, {
      ...this.#user,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#output = (this.#output + chunk).slice(-10_000);
      });
      (stream as Socket).unref();
    }
    // A test that failed before it could stop the server ends all the same, and the server with it.
    child.unref();
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
    return child;
  }

  /** Ends the program as its service manager would, or at once with `SIGKILL`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    const tooLong = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(tooLong);
  }

  /** Stops the program for a while, as a machine that hangs: its connections stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}

/** Kills a server as a crash does, and starts it again with its data. */
export async function killAndStart(server: ServerProcess): Promise<void> {
  await server.stop('SIGKILL');
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.start();
    } catch (error) {
      // Processes of the killed PostgreSQL may still hold its memory.
      if (attempt === 50) throw error;
      await pause(200);
    }
  }
}

/** Whether a TCP server accepts connections. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
