/** What the tests of the matrix share: projects of their own, and commands in them. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
export const program = (name) => inHere(`node_modules/.bin/${name}`);

/** The program that prints the results of the suite of tests/runtimes. */
export const print = inHere('../runtimes/entries/print.mjs');

/** The package as installed from its tarball. */
export const installed = dirname(fileURLToPath(import.meta.resolve('leastkey/package.json')));

/** An empty folder that is deleted at the end of the process. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-matrix-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A project with files by their names. It has the package, its dependency and the tools of the
 * matrix as a user has them: in its `node_modules`.
 */
export function project(files = {}) {
  const folder = temporaryFolder();
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  cpSync(installed, join(modules, 'leastkey'), { recursive: true });
  for (const name of ['hono', 'libsql', '@libsql', '@neon-rs', 'detect-libc'])
    link(join(installed, '..', name), join(modules, name));
  for (const name of ['@types', 'preact', 'react', 'solid-js', 'svelte', 'csstype', 'seroval', 'typescript'])
    link(inHere(`node_modules/${name}`), join(modules, name));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

function link(target, path) {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Runs a command to its end. @returns its exit code and its output */
export async function run(command, args, { cwd, env = {} }) {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26, timeout: 300_000 };
  try {
    const { stdout, stderr } = await execute(command, args, options);
    return { code: 0, output: stdout + stderr, stdout };
  } catch (error) {
    return {
      code: error.code ?? error.signal,
      output: `${error.stdout}${error.stderr}`,
      stdout: error.stdout,
    };
  }
}

/** The failed cases of the suite that a program prints, run outside of the project. */
export async function failures(command, args) {
  const { code, output, stdout } = await run(command, args, { cwd: tmpdir() });
  if (code !== 0) throw new Error(output);
  return JSON.parse(stdout).filter(({ error }) => error !== undefined);
}
