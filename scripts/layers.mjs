/**
 * The layers of `js/`: the imports of each file, and those that go upward or in a circle. `node
 * scripts/layers.mjs` prints them.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { inClone } from './paths.mjs';

/**
 * From the top down. A file imports from its own folder and from lower layers; folders of one layer
 * do not import each other.
 */
export const LAYERS = [
  { folders: ['cli'], holds: 'the command line' },
  { folders: ['.'], holds: 'index.ts, edge.ts and node.ts: exports only' },
  {
    folders: ['http', 'node', 'portal', 'import'],
    holds: 'the HTTP handler; servers on node:http; the portal element; catalogs and keys from other systems',
  },
  { folders: ['client'], holds: 'createClient: the HTTP API by fetch' },
  { folders: ['edge'], holds: 'createVerifier: a read-only deployment' },
  { folders: ['guard'], holds: 'admits requests, or answers the refusal' },
  { folders: ['manage'], holds: 'createTokens and the management operations' },
  { folders: ['verify'], holds: 'verification: token cache, change feed, use counting' },
  { folders: ['core'], holds: 'bindings of the WebAssembly core; load/ has a loader for each runtime' },
  { folders: ['store-kit'], holds: 'checks that a store keeps its promises' },
  { folders: ['stores'], holds: 'the stores that ship; checked calls to any store' },
  { folders: ['runtime'], holds: 'clock, deadline, key queue, the protocol of the core' },
  { folders: ['input'], holds: 'readers of arguments' },
  { folders: ['api'], holds: 'the types that a user sees, and LeastkeyError' },
];

/**
 * Each source file of `js/` by its path there, with the paths of the files that it imports or
 * exports from.
 */
export function readImports(folder = inClone('js')) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  const files = new Set(names);
  return new Map(
    names.sort().map((name) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, name), 'utf8'));
      const imported = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => join(dirname(name), fileName).replace(/\.js$/, '.ts'));
      return [name, [...new Set(imported)].filter((other) => files.has(other))];
    }),
  );
}

const folderOf = (name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '.');

/**
 * The height of the layer of a file, from 0 for the lowest. @throws where its folder is in no layer
 */
function heightOf(name) {
  const at = LAYERS.findIndex(({ folders }) => folders.includes(folderOf(name)));
  if (at < 0) throw new Error(`js/${name}: its folder is in no layer of scripts/layers.mjs`);
  return LAYERS.length - 1 - at;
}

/**
 * The imports that go upward, or sideways into another folder of the same layer: `a.ts -> b.ts`.
 */
export function upwardImports(imports) {
  return [...imports].flatMap(([name, imported]) =>
    imported
      .filter((other) => folderOf(other) !== folderOf(name) && heightOf(other) >= heightOf(name))
      .map((other) => `${name} -> ${other}`),
  );
}

/** The circles between files, each as the files that reach one another: `a.ts, b.ts`. */
export function circles(imports) {
  // Tarjan's strongly connected components.
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  function visit(name) {
    index.set(name, index.size);
    low.set(name, index.get(name));
    stack.push(name);
    for (const other of imports.get(name) ?? []) {
      if (!index.has(other)) low.set(name, Math.min(low.get(name), visit(other)));
      else if (stack.includes(other)) low.set(name, Math.min(low.get(name), index.get(other)));
    }
    if (low.get(name) === index.get(name)) {
      const members = stack.splice(stack.indexOf(name));
      if (members.length > 1 || imports.get(name)?.includes(name)) found.push(members.sort().join(', '));
    }
    return low.get(name);
  }
  for (const name of imports.keys()) if (!index.has(name)) visit(name);
  return found;
}

/** The layers as text, a line each, from the top down. */
export function drawing() {
  const rows = LAYERS.map(({ folders, holds }) => [
    folders.map((folder) => (folder === '.' ? '*.ts' : `${folder}/`)).join(' '),
    holds,
  ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, holds]) => `${name.padEnd(width)}  ${holds}`).join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const imports = readImports();
  const faults = [
    ...upwardImports(imports).map((fault) => `upward: ${fault}`),
    ...circles(imports).map((fault) => `circle: ${fault}`),
  ];
  console.log([drawing(), ...faults].join('\n'));
  if (faults.length > 0) process.exitCode = 1;
}
