import { spawn } from 'node:child_process';
import { root } from '../paths.mjs';
import { Failure } from './failure.mjs';

/** The number of output lines of a failed command that are shown. */
const TAIL = 100;

/** A failed command, with its output. */
export class CommandFailed extends Failure {
  constructor(line, how, output) {
    super([tail(output), `This command ${how}:`, `  ${line}`].filter((part) => part !== '').join('\n'));
    this.output = output;
  }
}

/**
 * Runs a command without a terminal and keeps what it writes to itself.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, limit?: number }} options `env` is added to this
 *   process's own (`undefined` takes away); `limit` in milliseconds
 * @returns {Promise<string>} what it wrote to standard output and standard error
 */
export function run(command, args, { cwd = root, env = {}, limit } = {}) {
  const line = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, CARGO_TERM_COLOR: 'never', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    let late = false;
    const stop = () => {
      late = true;
      child.kill('SIGKILL');
    };
    const timer = limit && setTimeout(stop, limit);
    child.once('error', (error) => {
      clearTimeout(timer);
      const how = error.code === 'ENOENT' ? 'could not be started: there is no such program' : error.message;
      reject(new CommandFailed(line, how, output));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else if (late) reject(new CommandFailed(line, `did not end within ${limit / 1000} s`, output));
      else
        reject(
          new CommandFailed(line, code === null ? `was ended by ${signal}` : `ended with ${code}`, output),
        );
    });
  });
}

/** Runs a command. Returns its output, or `undefined` if it cannot be started or fails. */
export async function ask(command, args, options) {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

function tail(output) {
  const lines = output.trimEnd().split('\n');
  const hidden = lines.length - TAIL;
  return hidden > 0 ? `… ${hidden} lines before\n${lines.slice(-TAIL).join('\n')}` : lines.join('\n');
}
