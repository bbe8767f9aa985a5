/** The TypeScript of the documents compiles under `strict`, against the package that was built. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { inBuild, inClone } from '../../scripts/paths.mjs';
import { codeBlocks } from '../js/support/examples.mjs';
import { strictOptions } from '../js/support/strict-options.mjs';

const guides = readdirSync(inClone('docs')).filter((name) => name.endsWith('.md'));
const pages = readdirSync(inClone('site/pages'), { recursive: true }).filter((name) => name.endsWith('.md'));
const documents = [
  'README.md',
  'js/README.md',
  ...guides.map((name) => `docs/${name}`),
  ...pages.map((name) => `site/pages/${name}`),
];

const options = {
  ...strictOptions,
  noEmit: true,
  types: ['node'],
  typeRoots: [inClone('node_modules/@types')],
};

test('every block of TypeScript in the documents compiles under strict', () => {
  mkdirSync(inBuild('.'), { recursive: true });
  const folder = mkdtempSync(inBuild('snippets-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    // The login of the reader's own.
    writeFileSync(join(folder, 'auth.ts'), 'export declare const auth: any;\n');
    const places = new Map();
    for (const path of documents) {
      for (const { line, code } of codeBlocks(readFileSync(inClone(path), 'utf8'), 'ts')) {
        // A block that names its file is imported by others of the page.
        const [, name] = /^\/\/ (\w+\.ts)\n/.exec(code) ?? [];
        const page = path.replace(/\W/g, '-');
        const file = name === undefined ? join(folder, `${page}-${line}.ts`) : join(folder, page, name);
        mkdirSync(dirname(file), { recursive: true });
        // A block without an import is a module as well.
        writeFileSync(file, `${code}export {};\n`);
        places.set(file, { path, line });
      }
    }
    assert.ok(places.size > 20, 'the documents have TypeScript');
    const surroundings = inClone('tests/scripts/snippets/surroundings.d.ts');
    const program = ts.createProgram([surroundings, ...places.keys()], options);
    const faults = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const place = places.get(file?.fileName);
      const row = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
      const message = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${place?.path ?? file?.fileName}:${(place?.line ?? 0) + row}: ${message}`;
    });
    assert.deepEqual(faults, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
