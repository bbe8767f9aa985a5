/** What the components are: without imports, within their budgets, described by `wit/`. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { componentFolder, componentSizes, worlds } from '../../scripts/build/component.mjs';
import { transpiled } from './support/components.mjs';

const { componentWit, metadataShow } = await import(
  '../../tools/component/node_modules/@bytecodealliance/jco-transpile/dist/wasm-tools.js'
);
const wit = readFileSync('wit/tokens.wit', 'utf8');

for (const world of Object.keys(worlds)) {
  test(`the ${world} imports nothing, and exports its interfaces`, async () => {
    const described = await componentWit(readFileSync(`${componentFolder}/${world}.wasm`));
    assert.doesNotMatch(described, /^\s*import /m);
    const exported = [...described.matchAll(/^ {2}export leastkey:tokens\/([\w-]+)@0\.1\.0;/gm)].map(
      ([, name]) => name,
    );
    const body = wit.match(new RegExp(`^world ${world} \\{([^}]*)\\}`, 'm'))[1];
    assert.deepEqual(
      exported,
      [...body.matchAll(/export (\w+);/g)].map(([, name]) => name),
    );
    const declared = readFileSync(`${transpiled}/interfaces/leastkey-tokens-${exported[1]}.d.ts`, 'utf8');
    const of = wit.slice(wit.indexOf(`interface ${exported[1]} {`));
    const functions = [...of.slice(0, of.indexOf('\n}')).matchAll(/^ {2}([\w-]+): func\(/gm)];
    const written = functions.map(([, name]) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
    const found = [...declared.matchAll(/^export function (\w+)\(/gm)].map(([, name]) => name);
    assert.deepEqual(found.sort(), written.sort());
  });
}

test('the modules in the components were made for no host', async () => {
  for (const world of Object.keys(worlds)) {
    const modules = await metadataShow(readFileSync(`${componentFolder}/${world}.wasm`));
    assert.ok(modules.length > 0);
    assert.doesNotMatch(JSON.stringify(modules), /wasi|wasm-bindgen/);
  }
});

test('each component is within its budget', () => {
  for (const { world, compressed, budget } of componentSizes())
    assert.ok(compressed <= budget && compressed > budget / 2, `${world}: ${compressed} of ${budget}`);
});

test('every item of wit/ is documented', () => {
  const lines = wit.split('\n');
  const isItem =
    /^\s+(?!use |export |\/\/)(?:[%a-z][\w-]*(?:: .*|\(.*\)|),|(?:record|variant|enum|type) .*|[a-z-]+: func\(.*)$|^(?:package|interface|world) /;
  const bare = lines.filter(
    (line, at) => isItem.test(line) && !/^\s*\/\/\//.test(lines[at - 1]) && !isParameter(lines, at),
  );
  assert.deepEqual(bare, []);
  assert.ok(lines.filter((line) => isItem.test(line)).length > 100);
});

/** Whether a line is a parameter of a function that has several lines, or a list of `use`. */
function isParameter(lines, at) {
  for (let above = at - 1; above >= 0; above--) {
    if (/(?:func\($|use types\.\{$)/.test(lines[above])) return true;
    if (/[{;]$|^\s*\/\/\/|\) ->/.test(lines[above])) return false;
  }
  return false;
}

test('the cases of a step have members of their own', () => {
  const blocks = (kind) =>
    [...wit.matchAll(new RegExp(`^ {2}${kind} ([\\w-]+) \\{([^}]*)\\}`, 'gm'))].map(([, name, body]) => [
      name,
      body,
    ]);
  const members = Object.fromEntries(
    blocks('record').map(([name, body]) => [
      name,
      [...body.matchAll(/^ {4}%?([\w-]+): /gm)].map(([, member]) => member),
    ]),
  );
  const steps = blocks('variant').map(([name, body]) => [
    name,
    [...body.matchAll(/^ {4}[\w-]+\(([^)]+)\)/gm)].map(([, of]) => of),
  ]);
  assert.deepEqual(
    steps.map(([name]) => name),
    ['explain-step', 'verify-step', 'feed-step', 'plan-step'],
  );
  for (const [name, cases] of steps) {
    const records = cases.filter((of) => members[of] !== undefined);
    assert.ok(cases.length - records.length <= 1, `${name} has one list at most`);
    for (const one of records) {
      const others = records.filter((other) => other !== one).flatMap((other) => members[other]);
      assert.ok(
        members[one].some((member) => !others.includes(member)),
        `${name}: ${one}`,
      );
    }
  }
});
