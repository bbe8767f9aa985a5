/** The documents: their examples run, their links resolve, and the tests that they name exist. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeBlocks, promised, run } from '../js/support/examples.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const markdownIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const guides = markdownIn('docs');
/** Pages of the site. Their links are to other pages, which `npm run docs` checks. */
const pages = ['', 'recipes', 'coming-from', 'explanations'].flatMap((folder) =>
  markdownIn(join('site/pages', folder)),
);
const documents = [...markdownIn('.'), ...guides, 'examples/README.md', 'tests/js/systems/README.md'];

describe('the examples of docs/ and of the site', () => {
  for (const path of ['README.md', ...guides, ...pages]) {
    const text = read(path);
    // A guide may show one catalog, which its examples read from a file.
    const [catalog] = codeBlocks(text, 'json');
    const files = catalog === undefined ? {} : { 'catalog.json': catalog.code };
    // In a guide, TypeScript without output is a part of a program.
    const programs = codeBlocks(text, 'ts').filter(({ code }) => promised(code).length > 0);
    for (const { line, code } of [...codeBlocks(text, 'js'), ...(path === 'README.md' ? programs : [])]) {
      test(`${path}, line ${line}, has the stated output`, async () => {
        const build = join(root, 'build');
        mkdirSync(build, { recursive: true });
        assert.notDeepEqual(promised(code), [], 'it says what it prints');
        const { exit, lines, stderr } = await run(code, build, files);
        assert.equal(exit, 0, stderr);
        assert.deepEqual(lines, promised(code));
      });
    }
  }
});

describe('the links of the documents', () => {
  for (const path of documents) {
    test(path, () => {
      for (const [, target] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file, anchor] = target.split('#');
        const linked = file === '' ? path : relative(root, resolve(root, dirname(path), file));
        assert.ok(existsSync(join(root, linked)), `${target}: there is no such file`);
        if (anchor !== undefined) assert.ok(anchorsOf(linked).includes(anchor), `${target}: no such heading`);
      }
    });
  }
});

/** The anchors that Markdown renderers make from headings. */
function anchorsOf(path) {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the references of SECURITY.md', () => {
  const text = read('SECURITY.md');
  // `path` or `path`: *title*; *title*
  const named = [...text.matchAll(/`((?:src|js|tests|examples)\/[\w./-]+)`((?:[:;] \*[^*]+\*)*)/g)];

  test('are existing files, and tests in them', () => {
    const wrong = [];
    let titles = 0;
    for (const [, path, list] of named) {
      if (!existsSync(join(root, path))) {
        wrong.push(`there is no ${path}`);
        continue;
      }
      for (const [, title] of list.matchAll(/\*([^*]+)\*/g)) {
        titles += 1;
        if (!hasWords(read(path), title)) wrong.push(`${path} has no test "${title}"`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(titles > 30, `${titles} tests are named`);
  });
});

/**
 * Whether a text contains these whole words: a title, or the part that all cases of a title share.
 */
function hasWords(text, words) {
  const escaped = words.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<!\\w)${escaped}(?!\\w)`).test(text);
}
