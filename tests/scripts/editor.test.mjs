/**
 * What an editor shows of the package, by TypeScript's language service: hovers that can be read
 * with a large catalog, and completions of its ids.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import ts from 'typescript';
import { inBuild, inClone } from '../../scripts/paths.mjs';
import { strictOptions } from '../js/support/strict-options.mjs';

const permissions = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, `P${i}`]));
const catalog = {
  services: { s: { title: 'S', permissions } },
  templates: { sender: { title: 'Sender', permissions: ['s:p1'] } },
  roles: { member: { title: 'Member', permissions: ['s:p2'] } },
  kinds: { ci: { title: 'CI' } },
};

const text = `
import { createTokens } from 'leastkey';
import { createGuard } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import catalog from './catalog.json' with { type: 'json' };

export const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
export const guard = createGuard(tokens);
const actor = { id: 'user:7' };
export const made = await tokens.create({ kind: 'ci', name: 'x', templates: ['sender'], role: 'member' }, actor);
export const verdict = await tokens.verify('x', 's:p1');
tokens.edit;
tokens.resolve;
tokens.suggest;
tokens.exchange;
tokens.verifyMany;
tokens.explain;
tokens.list;
tokens.rotate;
tokens.revokeAll;
tokens.create({ kind: '~kind', name: 'x' }, actor);
tokens.create({ kind: 'ci', name: 'x', templates: ['sender', '~template'] }, actor);
tokens.create({ kind: 'ci', name: 'x', role: '~role' }, actor);
tokens.create({ kind: 'ci', name: 'x', add: ['~add'] }, actor);
tokens.verify('x', '~verified');
guard(new Request('https://api.example/'), '~guarded');
`;

/** What may be shown of each, in characters: a line or two of an editor. */
const HOVERS = {
  'tokens = ': 40,
  'guard = ': 60,
  'create({': 280,
  'verify(': 240,
  'edit;': 240,
  'resolve;': 240,
  'suggest;': 200,
  'exchange;': 240,
  'verifyMany;': 240,
  'explain;': 240,
  'list;': 160,
  'rotate;': 200,
  'revokeAll;': 160,
};

const options = {
  ...strictOptions,
  // Without it, TypeScript does not take the types of catalog.json.
  allowArbitraryExtensions: true,
  types: [],
};

describe('an editor shows', () => {
  let folder;
  let file;
  let service;

  before(() => {
    mkdirSync(inBuild('.'), { recursive: true });
    folder = mkdtempSync(inBuild('editor-'));
    file = join(folder, 'program.ts');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'catalog.json'), JSON.stringify(catalog));
    const types = ['catalog', 'types', join(folder, 'catalog.json')];
    execFileSync(process.execPath, [inClone('pkg/cli/main.js'), ...types], { stdio: 'pipe' });
    writeFileSync(file, text);
    service = languageService(file);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [place, most] of Object.entries(HOVERS)) {
    test(`at most ${most} characters of ${place}`, () => {
      const info = service.getQuickInfoAtPosition(file, text.indexOf(place));
      const shown = ts.displayPartsToString(info.displayParts);
      assert.ok(shown.length <= most, `${shown.length}: ${shown}`);
      assert.doesNotMatch(shown, /p199|\bany\b/);
    });
  }

  const completed = {
    '~kind': ['permission-set', 'organization', 'group', 'personal', 'ci'],
    '~template': ['sender'],
    '~role': ['admin', 'member'],
    '~add': Object.keys(permissions).map((id) => `s:${id}`),
    '~verified': Object.keys(permissions).map((id) => `s:${id}`),
    '~guarded': Object.keys(permissions).map((id) => `s:${id}`),
  };
  for (const [place, ids] of Object.entries(completed)) {
    test(`the ids in the place of ${place}, of which another text is an error`, () => {
      const start = text.indexOf(place);
      const { entries } = service.getCompletionsAtPosition(file, start, {});
      assert.deepEqual(entries.map(({ name }) => name).sort(), [...ids].sort());
      const errors = service.getSemanticDiagnostics(file);
      assert.ok(errors.some((error) => lineOf(error.start) === lineOf(start)));
    });
  }

  test('no other error', () => {
    const end = text.indexOf("tokens.create({ kind: '~");
    assert.deepEqual(
      service
        .getSemanticDiagnostics(file)
        .filter(({ start }) => start < end)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
      [],
    );
  });
});

const lineOf = (at) => text.slice(0, at).split('\n').length;

function languageService(file) {
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const content = ts.sys.readFile(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => inClone('.'),
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
  });
}
