import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A script of this folder, running in a separate process. Its stderr is that of the test. */
export function start(script: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
  return spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** How a process ended: its exit code, or the signal that killed it. */
export async function ending(child: ChildProcess): Promise<number | NodeJS.Signals> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? (child.signalCode as NodeJS.Signals);
}

/** The lines that a process prints until it ends, without a last line that a kill cut short. */
export async function* lines(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout === null) throw new Error('the process has no stdout');
  let rest = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() as string;
    yield* parts;
  }
}
