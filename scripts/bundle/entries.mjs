/**
 * Bundles the package's scripts: one file for each entry, and shared code in `chunks/`, because a
 * runtime takes longer to find a file than to read it, and a verifier alone is 35 files. What a
 * verifier shares with other entries is one file. The portal includes Lit, so that the package has
 * no dependency on it.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Failure } from '../shell/failure.mjs';

/** Scripts that are not bundled: each runtime loads one of the loaders, and pages have a bundle. */
const apart = /^(core\/load|wasm|browser)\//;

const glue = 'wasm/leastkey.js';

/**
 * An entry without the core has a file of its own: what entries share would bring the modules
 * along.
 * An error of it is one of the other entries too, by the mark of its class.
 */
const ALONE = ['client/index.js'];

/** @param {string} folder the package, compiled, with its manifest */
export async function bundleEntries(folder) {
  // A fresh clone loads this script before the package is installed.
  const { build } = await import('esbuild');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const alone = await bundleAlone(build, folder);
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: entriesOf(manifest).filter((entry) => !ALONE.includes(entry)),
    outdir: folder,
    outbase: folder,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    // Of Lit, the build that a server can import too: the platform `browser` has another one.
    platform: 'neutral',
    conditions: ['node'],
    target: 'es2022',
    legalComments: 'inline',
    sourcemap: true,
    external: ['node:*', ...outside(manifest)],
    plugins: [glueApart, noShim],
    metafile: true,
    // Not the tsconfig of the clone, whose paths are for the compiler.
    tsconfigRaw: {},
    logLevel: 'error',
  });
  const outputs = Object.keys(metafile.outputs);
  const shared = await mergeShared(build, folder, metafile.outputs);
  const kept = new Set([...outputs, shared, mapOf(shared)]);
  for (const { path, contents } of alone) {
    writeFileSync(path, contents);
    kept.add(relative(folder, path));
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!apart.test(name) && !kept.has(name) && isInside(name)) rmSync(join(folder, name));
  }
}

/** The bundles of {@link ALONE}, which are written when all others have read the sources. */
async function bundleAlone(build, folder) {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ALONE,
    outdir: folder,
    outbase: folder,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    legalComments: 'inline',
    sourcemap: true,
    tsconfigRaw: {},
    logLevel: 'error',
    write: false,
    allowOverwrite: true,
  });
  return outputFiles;
}

/** The entry that starts most often, with nothing running yet. */
const FIRST = 'edge.js';

/**
 * Merges the chunks that {@link FIRST} imports into one file, and returns its path. They stay one
 * copy for all entries, because they have state: the loaded modules, the locks of keys.
 */
async function mergeShared(build, folder, outputs) {
  const chunks = chunksOf(FIRST, outputs);
  const exported = chunks.flatMap((chunk) => outputs[chunk].exports);
  const twice = exported.filter((name, at) => exported.indexOf(name) !== at);
  if (twice.length > 0) throw new Failure(`chunks of one file export the same names: ${twice.join(', ')}`);
  const shared = 'chunks/shared.js';
  await build({
    absWorkingDir: folder,
    stdin: {
      contents: chunks.map((chunk) => `export * from './${chunk}';`).join('\n'),
      resolveDir: folder,
    },
    outfile: shared,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'inline',
    sourcemap: true,
    external: ['#*', 'node:*', `../${glue}`],
    tsconfigRaw: {},
    logLevel: 'error',
  });
  const merged = new Set(chunks.map((chunk) => basename(chunk)));
  for (const output of Object.keys(outputs).filter((name) => name.endsWith('.js'))) {
    if (chunks.includes(output)) {
      for (const name of [output, mapOf(output)]) rmSync(join(folder, name));
      continue;
    }
    const from = relative(dirname(output), shared);
    const path = join(folder, output);
    const text = readFileSync(path, 'utf8').replace(
      /^(import (?:\{[^}]*\} from )?)"[^"]*\/(chunk-[0-9A-Z]+\.js)";\n/gm,
      (line, before, chunk) => {
        if (!merged.has(chunk)) return line;
        // The file also imports something from it. The line stays, for the source map.
        return before === 'import ' ? '\n' : `${before}"${from.startsWith('.') ? from : `./${from}`}";\n`;
      },
    );
    writeFileSync(path, text);
  }
  return shared;
}

/** The chunks that an output imports, also through others. */
function chunksOf(output, outputs, found = []) {
  for (const { path, external } of outputs[output].imports) {
    if (external || found.includes(path)) continue;
    found.push(path);
    chunksOf(path, outputs, found);
  }
  return found;
}

/** The files that a program can import or run. */
const entriesOf = ({ exports, bin }) => {
  const scripts = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)]
    .filter((path) => path?.endsWith('.js'))
    .map((path) => join('.', path));
  return [...new Set(scripts)];
};

/** Packages that are resolved where the package is used. */
const outside = ({ imports, dependencies, optionalDependencies, peerDependencies }) =>
  Object.keys({ ...imports, ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap(
    (name) => [name, `${name}/*`],
  );

/** The glue of the core is one file, shared by all its importers. */
const glueApart = {
  name: 'the glue of the core',
  setup({ onResolve }) {
    onResolve({ filter: /leastkey\.js$/ }, () => ({ path: `../${glue}`, external: true }));
  },
};

/** What Lit takes on a server in place of the classes of a page: nothing renders there. */
const noShim = {
  name: 'no DOM on a server',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@lit-labs\/ssr-dom-shim$/ }, ({ path }) => ({ path, namespace: 'no-shim' }));
    onLoad({ filter: /./, namespace: 'no-shim' }, () => ({
      contents: 'export const HTMLElement = class {}; export const customElements = undefined;',
    }));
  },
};

/** Compiled sources that are in a bundle now. */
const isInside = (name) => /\.js(?:\.map)?$/.test(name);

const mapOf = (script) => `${script}.map`;
