import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Interrupted, UsageError } from './exit-codes.js';
import { complain, prompt } from './output.js';

/**
 * Asks on the terminal. `undefined` after Ctrl-D.
 *
 * @throws {Interrupted} after Ctrl-C
 */
function ask(question: string, echo: boolean): Promise<string | undefined> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (!echo) prompt(question);
  const lines = createInterface({
    input: process.stdin,
    output: echo ? process.stderr : silence,
    terminal: true,
  });
  return new Promise<string | undefined>((resolve, reject) => {
    lines.once('SIGINT', () => {
      reject(new Interrupted('nothing was changed'));
      lines.close();
    });
    lines.once('close', () => resolve(undefined));
    lines.question(echo ? question : '', (answer) => {
      resolve(answer);
      lines.close();
    });
  }).then(
    (answer) => {
      // The cursor is still on the line of the question.
      if (!echo || answer === undefined) complain('');
      return answer;
    },
    (error: unknown) => {
      complain('');
      throw error;
    },
  );
}

/** Asks for a yes on the terminal. */
export async function confirm(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, true);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}

export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Longer than any credential. Longer input is something else. */
const longest = 4096;

/** Reads a secret from standard input; on a terminal with a prompt, without echo. */
export async function readSecret(name: string): Promise<string> {
  let text: string | undefined = '';
  if (process.stdin.isTTY) {
    text = await ask(`${name} (it will not be shown): `, false);
  } else {
    process.stdin.setEncoding('utf8');
    for await (const chunk of process.stdin) {
      text += chunk;
      if (text.length > longest) throw new UsageError('standard input holds more than a credential');
    }
  }
  const secret = text?.trim() ?? '';
  if (secret === '') throw new UsageError('no credential: pipe it to standard input, or set LEASTKEY_TOKEN');
  return secret;
}
