/** Programs on a pseudo-terminal of some width, with somebody at its keys. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));

/** Runs `leastkey` on a terminal: {@link programOnTerminal}. */
export const onTerminal = (args, options) => programOnTerminal([process.execPath, bin, ...args], options);

/**
 * Runs a program on a terminal.
 *
 * @param dialog what is typed, after a text has been displayed: `[[/Create it/, '\r']]`
 * @returns the exit code, and all that was displayed: as `raw`, and as `text` without its colors
 */
export async function programOnTerminal(program, { environment, columns = 100, dialog = [] }) {
  const words = program.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const command = `stty cols ${columns} rows 50; exec ${words.join(' ')}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh', ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  const left = [...dialog];
  let text = '';
  let answered = 0;
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    const [next] = left;
    if (next === undefined || !next[0].test(plain(text.slice(answered)))) return;
    left.shift();
    answered = text.length;
    child.stdin.write(next[1]);
  });
  const exit = await new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  return { exit, text: plain(text), raw: text, unasked: left.length };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals
const plain = (text) => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
