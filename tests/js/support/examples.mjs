/** The examples of a document: its code blocks, run as a reader would run them. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';

/** The fenced blocks of a language, with the line on which each begins. */
export function codeBlocks(markdown, language) {
  const blocks = [];
  let open;
  for (const [at, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line);
    else if (open === undefined) open = { line: at + 1, language: line.slice(3), lines: [] };
    else {
      if (open.language === language) blocks.push({ line: open.line, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`the code block of line ${open.line} does not end`);
  return blocks;
}

/**
 * The output that an example claims: the comment behind each `console.log(…);`, or the comment
 * lines below it.
 */
export function promised(code) {
  const lines = code.split('\n');
  return lines.flatMap((line, at) => {
    const printing = /console\.log\(.*\);(?: \/\/ (.*))?$/.exec(line);
    if (printing === null) return [];
    if (printing[1] !== undefined) return [printing[1]];
    const below = lines.slice(at + 1);
    const end = below.findIndex((next) => !next.trim().startsWith('// '));
    return below.slice(0, end).map((comment) => comment.trim().slice('// '.length));
  });
}

/**
 * Runs a module, with files beside it, in a folder where it finds the package. Returns what it
 * printed and how it ended.
 */
export async function run(code, folder, files = {}) {
  const { code: script } = await transform(code, { loader: 'ts', format: 'esm', target: 'esnext' });
  const place = mkdtempSync(join(folder, 'example-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'example.mjs': script })) {
      writeFileSync(join(place, name), content);
    }
    const child = spawn(process.execPath, ['example.mjs'], { cwd: place, timeout: 30_000 });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (chunk) => {
        output[name] += chunk;
      });
    }
    const exit = await new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal));
    });
    return { exit, lines: output.stdout.trimEnd().split('\n'), stderr: output.stderr };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
