/**
 * `npm run third-party`: what is compiled and bundled into the package, with its licenses, as
 * `THIRD-PARTY.md`, and as a software bill of materials (CycloneDX), `sbom.json`. Run it when a
 * dependency changes; a test says so.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inClone } from './paths.mjs';
import { report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

/** The packages of npm that are bundled into the portal. */
const BUNDLED = ['@lit/reactive-element', 'lit', 'lit-element', 'lit-html'];

/** Of several licenses the first of these is taken. */
const PREFERRED = [
  /^LICENSE-MIT/i,
  /^LICENSE[-_]?(?:BSD|UNICODE)?(?:\.\w+)?$/i,
  /^LICENSE/i,
  /^LICENCE/i,
  /^COPYING/i,
];

try {
  const parts = [...(await crates()), ...BUNDLED.map(bundled)];
  writeFileSync(inClone('THIRD-PARTY.md'), document(parts));
  writeFileSync(inClone('sbom.json'), `${JSON.stringify(bill(parts), null, 2)}\n`);
  console.log(`${parts.length} parts of others are in the package.`);
} catch (error) {
  report(error);
}

/** The crates that are compiled into the modules, without those that only run at compile time. */
async function crates() {
  const metadata = JSON.parse(
    await run('cargo', [
      '--quiet',
      'metadata',
      '--locked',
      '--format-version',
      '1',
      '--filter-platform',
      'wasm32-unknown-unknown',
    ]),
  );
  const linked = new Set();
  for (const binding of [
    'leastkey-component-manage',
    'leastkey-component-verify',
    'leastkey-manage',
    'leastkey-verify',
  ]) {
    const only = ['-e', 'normal,no-proc-macro', '--target', 'wasm32-unknown-unknown', '--prefix', 'none'];
    const tree = await run('cargo', [
      '--quiet',
      'tree',
      '--locked',
      '-p',
      binding,
      ...only,
      '--format',
      '{p}',
    ]);
    for (const line of tree.trim().split('\n')) linked.add(line.split(' ', 2).join(' '));
  }
  return metadata.packages
    .filter(({ name, version, source }) => source !== null && linked.has(`${name} v${version}`))
    .map(({ name, version, license, manifest_path }) => ({
      name,
      version,
      license,
      kind: 'cargo',
      text: licenseIn(dirname(manifest_path), license),
    }));
}

function bundled(name) {
  const folder = inClone('node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license, kind: 'npm', text: licenseIn(folder, license) };
}

/** The text of its license, and of what it takes besides; nothing where it has none of its own. */
function licenseIn(folder, license) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const named = (form) => files.map(({ name }) => name).filter((name) => form.test(name));
  const found = PREFERRED.flatMap(named).slice(0, 1);
  if (license.includes(' AND ')) found.push(...named(/^LICENSE-UNICODE/i));
  if (found.length === 0) return undefined;
  return found.map((name) => readFileSync(join(folder, name), 'utf8').trim().replace(/\r/g, '')).join('\n\n');
}

function document(parts) {
  const byText = new Map();
  for (const part of parts) byText.set(part.text, [...(byText.get(part.text) ?? []), part]);
  const titled = ({ name, version, license }) => `${name} ${version} (${license})`;
  const sections = [...byText]
    .filter(([text]) => text !== undefined)
    .map(([text, same]) => `## ${same.map(titled).join(', ')}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
  const without = byText.get(undefined) ?? [];
  const rest =
    without.length === 0
      ? ''
      : `## Without a text of their own\n\n${without.map((part) => `- ${titled(part)}\n`).join('')}`;
  return `# What others made

The WebAssembly modules have these crates compiled into them, and the portal has Lit. \`npm run third-party\` writes this file.

${[...sections, rest].join('\n')}`
    .trimEnd()
    .concat('\n');
}

/** CycloneDX 1.6, without a time or a serial number, so that the same parts make the same file. */
function bill(parts) {
  const { name, version, license } = JSON.parse(readFileSync(inClone('pkg.json'), 'utf8'));
  const reference = (kind, name, version) => `pkg:${kind}/${name.replace('@', '%40')}@${version}`;
  const component = ({ kind, name, version, license }) => ({
    type: 'library',
    'bom-ref': reference(kind, name, version),
    name,
    version,
    licenses: [{ expression: license }],
    purl: reference(kind, name, version),
  });
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component({ kind: 'npm', name, version, license }) },
    components: parts.map(component),
  };
}
