/**
 * The examples in the comments of public types and functions, which an editor shows: each compiles
 * against the package, apart from names that are the reader's own.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { inBuild, inClone, packageFolder } from '../../scripts/paths.mjs';
import { strictOptions } from '../js/support/strict-options.mjs';

const options = {
  ...strictOptions,
  noEmit: true,
  types: ['node'],
  typeRoots: [inClone('node_modules/@types')],
};

/** What a name of the reader's own leads to: it is unknown, or its type is. */
const OWN_NAMES = new Set([2304, 2552, 18004, 18046, 7005, 7006, 7031]);

const ENTRIES = [
  '',
  '/client',
  '/edge',
  '/http',
  '/import',
  '/node',
  '/store-kit',
  '/stores/d1',
  '/stores/memory',
];

/** The functions of the package, and what its examples take as given. */
function surroundings() {
  const imports = ENTRIES.map((entry, at) => `import type * as e${at} from 'leastkey${entry}';`);
  const functions = ENTRIES.flatMap((entry, at) => {
    const file = entry === '' ? 'index.d.ts' : join('.', `${entry}.d.ts`);
    const path = [file, file.replace('.d.ts', '/index.d.ts')]
      .map((name) => join(packageFolder, name))
      .find((name) => ts.sys.fileExists(name));
    return [...readFileSync(path, 'utf8').matchAll(/^declare function (\w+)/gm)].map(
      ([, name]) => `  const ${name}: typeof e${at}.${name};`,
    );
  });
  return `${imports.join('\n')}
declare global {
${[...new Set(functions)].join('\n')}
  const tokens: e0.Tokens;
  const client: e1.Client;
  const verifier: e2.Verifier;
  const guard: e2.Guard;
  const actor: e0.Actor;
  const record: e0.TokenRecord;
  const request: Request;
  const catalog: e0.Catalog;
  const store: e0.WatchableStore & e0.Store;
  const id: string;
  const ip: string;
  type LeastkeyError = e0.LeastkeyError;
  const LeastkeyError: typeof e0.LeastkeyError;
  type IdsOf<C extends e0.Catalog> = e0.IdsOf<C>;
  type Tokens<Ids extends e0.CatalogIds> = e0.Tokens<Ids>;
}
`;
}

const WORKERS = `declare module 'cloudflare:workers' {
  export class DurableObject { ctx: { storage: any } }
}
`;

const publicFolders = /^(?:api|client|edge|guard|http|import|manage|node|stores)\//;

test('every example in the comments of the package compiles', () => {
  mkdirSync(inBuild('.'), { recursive: true });
  const folder = mkdtempSync(inBuild('examples-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'surroundings.ts'), surroundings());
    writeFileSync(join(folder, 'workers.d.ts'), WORKERS);
    const places = new Map();
    const sources = readdirSync(inClone('js'), { recursive: true }).filter((name) =>
      publicFolders.test(name),
    );
    for (const source of sources.filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(inClone('js', source), 'utf8');
      for (const { index, 1: example } of text.matchAll(/\* @example\n([\s\S]*?)\n *(?:\*\/|\* @)/g)) {
        const lines = example.split('\n').map((line) => line.replace(/^ *\* ?/, ''));
        const imports = lines.filter((line) => line.startsWith('import '));
        const body = lines.filter((line) => !line.startsWith('import '));
        const file = join(folder, `${source.replace(/\W/g, '-')}-${places.size}.ts`);
        // A function, because an example may return.
        const program = body.some((line) => line.startsWith('export '))
          ? [...imports, ...body]
          : [...imports, 'export async function example() {', ...body, '}'];
        writeFileSync(file, `${program.join('\n')}\n`);
        places.set(file, `js/${source}:${text.slice(0, index).split('\n').length}`);
      }
    }
    assert.ok(places.size > 50, `${places.size}`);
    const given = ['surroundings.ts', 'workers.d.ts'].map((name) => join(folder, name));
    const program = ts.createProgram([...given, ...places.keys()], options);
    const faults = ts
      .getPreEmitDiagnostics(program)
      .filter(({ code }) => !OWN_NAMES.has(code))
      .map(({ file, code, messageText }) => {
        const message = ts.flattenDiagnosticMessageText(messageText, ' ');
        return `${places.get(file?.fileName) ?? file?.fileName}: ${code} ${message}`;
      });
    assert.deepEqual(faults, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
