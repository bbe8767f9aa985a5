/**
 * The published package in `pkg/`: the compiled wrapper, the core, the manifest and the documents.
 */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { rollUpDeclarations } from '../bundle/declarations.mjs';
import { bundleEntries } from '../bundle/entries.mjs';
import { nameSources } from '../bundle/source-maps.mjs';
import { inBuild, inClone, packageFolder } from '../paths.mjs';
import { crateFacts } from '../setup/cargo-manifest.mjs';
import { nodeProgram } from '../setup/node-modules.mjs';
import { toolchain } from '../setup/toolchain.mjs';
import { contentOf } from '../shell/content-digest.mjs';
import { Failure } from '../shell/failure.mjs';
import { run } from '../shell/run.mjs';
import { bundleForPages } from './browser.mjs';
import { coreDigest, quick } from './core.mjs';
import { cachedCore } from './core-cache.mjs';
import { replaceFolder, withScratchFolder } from './folders.mjs';
import { entrySizes, requireSizeWithinBudget } from './size.mjs';

/** The JSON Schema of catalogs, for editors. */
const schema = 'schema/catalog.schema.json';

/** The types of the portal's element in the markup of frameworks. */
const jsxTypes = 'js/portal/jsx';

/** The README of the package: that of the clone is for those who work on it. */
const readme = 'js/README.md';

/** Documents in the package: what its README links to. */
const linkedDocuments = [
  'CHANGELOG.md',
  'SECURITY.md',
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'THIRD-PARTY.md',
  'sbom.json',
  'docs',
];

/** Guides for those who work on Leastkey. */
const forContributors = ['boundary.md', 'benchmarks.md'];

export const documents = ['README.md', ...linkedDocuments];

/**
 * Links by which the examples of the clone import `leastkey`, and `npx leastkey` finds its command.
 */
const links = { leastkey: '../pkg', '.bin/leastkey': '../leastkey/cli/main.js' };

/** The type of a `.wasm` file where a runtime or a bundler compiles it on import. */
const moduleType = 'declare const compiled: WebAssembly.Module;\nexport default compiled;\n';

/** Says from which inputs `pkg/` was made. */
const digestFile = inBuild('package.digest');

/** Whether `pkg/` was made from the current sources. `rust` is the toolchain, if installed. */
export function isCurrent(rust) {
  if (rust === undefined || !existsSync(digestFile) || !existsSync(packageFolder) || !linked()) return false;
  return readFileSync(digestFile, 'utf8') === digest(rust);
}

export const packageStep = {
  key: 'package',
  label: 'Compile the JavaScript wrapper and assemble pkg/',
  estimate: 6_000,
  work: makePackage,
};

async function makePackage() {
  const rust = await toolchain();
  const madeFrom = digest(rust);
  await withScratchFolder(async (scratch) => {
    // tsconfig.json has build/ as a root, for the types of the core.
    const core = join(scratch, 'wasm');
    cpSync(cachedCore(coreDigest(rust)), core, { recursive: true });
    replaceFolder(core, inBuild('wasm'));
    const folder = join(scratch, 'pkg');
    const compiler = [nodeProgram('typescript/bin/tsc'), '-p', inClone(), '--outDir', folder];
    await run(process.execPath, [...compiler, '--sourceMap', '--inlineSources']);
    cpSync(inBuild('wasm'), join(folder, 'wasm'), { recursive: true });
    writeFileSync(join(folder, 'wasm/module.d.ts'), moduleType);
    cpSync(inClone(jsxTypes), join(folder, 'portal'), { recursive: true });
    copyFileSync(inClone('pkg.json'), join(folder, 'package.json'));
    // From the single modules: of a file that entries share, a page would load all.
    await bundleForPages(folder);
    await bundleEntries(folder);
    await rollUpDeclarations(folder);
    nameSources(folder);
    copyFileSync(inClone(schema), join(folder, 'catalog.schema.json'));
    for (const name of linkedDocuments) {
      const filter = (file) => !forContributors.includes(basename(file));
      if (existsSync(inClone(name))) cpSync(inClone(name), join(folder, name), { recursive: true, filter });
    }
    const text = readFileSync(inClone(readme), 'utf8');
    writeFileSync(join(folder, 'README.md'), text.replace('<!-- sizes -->', await entrySizes(folder)));
    for (const program of Object.values(manifest().bin)) chmodSync(join(folder, program), 0o755);
    if (!quick) await requireSizeWithinBudget(folder, rust.compilesStd);
    replaceFolder(folder, packageFolder);
  });
  for (const [name, target] of Object.entries(links)) {
    rmSync(inClone('node_modules', name), { force: true });
    symlinkSync(target, inClone('node_modules', name));
  }
  writeFileSync(digestFile, madeFrom);
}

const linked = () => Object.keys(links).every((name) => existsSync(inClone('node_modules', name)));

/** The digest of everything that the package is made from. */
function digest(rust) {
  const files = [
    'js',
    schema,
    'pkg.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'package-lock.json',
    'scripts/build',
    'scripts/bundle',
    'size-budget.json',
  ];
  return contentOf(
    [...files, ...linkedDocuments].map((file) => inClone(file)),
    coreDigest(rust),
  );
}

function manifest() {
  const manifest = JSON.parse(readFileSync(inClone('pkg.json'), 'utf8'));
  const { version } = crateFacts();
  if (manifest.version !== version) {
    throw new Failure(
      `pkg.json has version ${manifest.version}, Cargo.toml has ${version}; they are one release.`,
    );
  }
  return manifest;
}
