/** `THIRD-PARTY.md` and `sbom.json` name what is compiled and bundled into the package today. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const read = (path) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const { components } = JSON.parse(read('sbom.json'));
const AGAIN = 'run npm run third-party';

/** The versions of each crate in Cargo.lock. */
const locked = new Map();
for (const [, name, version] of read('Cargo.lock').matchAll(/name = "([^"]+)"\nversion = "([^"]+)"/g))
  locked.set(name, [...(locked.get(name) ?? []), version]);

test('each part has the version that is locked', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  for (const { name, version, purl } of components) {
    const versions = purl.startsWith('pkg:cargo/')
      ? locked.get(name)
      : [packages[`node_modules/${name}`]?.version];
    assert.ok(versions?.includes(version), `${name} ${version}: ${AGAIN}`);
  }
});

test('each dependency of the modules is a part', () => {
  const names = new Set(components.map(({ name }) => name));
  const bindings = ['component-manage', 'component-verify', 'heap', 'manage', 'verify'];
  const manifests = ['Cargo.toml', ...bindings.map((name) => `bindings/${name}/Cargo.toml`)];
  for (const manifest of manifests) {
    const section = read(manifest).split('\n[dependencies]\n')[1].split('\n[')[0];
    const wanted = [...section.matchAll(/^([\w-]+) = (?!.*(?:path =|optional = true))/gm)].map(
      ([, name]) => name,
    );
    assert.notEqual(wanted.length, 0);
    for (const name of wanted) assert.ok(names.has(name), `${manifest}: ${name}: ${AGAIN}`);
  }
});

test('each part is in the document, with its license', () => {
  const document = read('THIRD-PARTY.md');
  for (const { name, version, licenses } of components)
    assert.ok(document.includes(`${name} ${version} (${licenses[0].expression})`), `${name}: ${AGAIN}`);
});
