/**
 * Writes docs/systems.md from tests/js/systems/sentences.json: each sentence of the four documents, and what shows it. The tests
 * read the same file, so that the table names no test that has not passed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inClone } from './paths.mjs';

export const table = inClone('docs', 'systems.md');

const introduction = `# The four systems, sentence by sentence

Leastkey was made to be four systems at once. Each of them is described by a document for its users, and every sentence of the
four is a requirement. Here each sentence has a row, in the order of the documents, with the tests that show it.

- *A title* is a test of the file that stands above the table. All of them run through the public JavaScript API, on one
  deployment that has the four systems together: the catalog \`examples/catalogs/four-systems.json\` on a SQLite file.
- **Portal**: what a screen does about it, with what the screen rests on. The portal's own walks show these.
- **HTTP**: tests of the HTTP API, over real sockets with curl.
- **No requirement**: headings, captions, and sentences that say what the next sentences are about.

[accounts.md](accounts.md) and [catalog.md](catalog.md#kinds-and-lifetimes) say how the rules are configured.

This table and the tests are made from one list. A test that no row names is refused, and a row whose test did not pass fails.
After a change of \`tests/js/systems/sentences.json\`, run \`node scripts/systems.mjs\`.
`;

/** The text of docs/systems.md. */
export function systemsTable() {
  const documents = JSON.parse(readFileSync(inClone('tests/js/systems/sentences.json'), 'utf8'));
  return [introduction, ...documents.map(ofDocument)].join('\n');
}

function ofDocument({ number, title, file, http, parts }) {
  let row = 0;
  const ofPart = ({ place, sentences }) => {
    const rows = sentences.map((sentence) => {
      row += 1;
      return `| ${number}.${row} | ${escaped(sentence.says)} | ${shownBy(sentence)} |`;
    });
    return `### ${number}: ${place}\n\n| | the document says | shown by |\n|---|---|---|\n${rows.join('\n')}\n`;
  };
  const ofHttp = http === undefined ? '' : `, those of HTTP in \`tests/js/${http}\``;
  const head = `## ${number}: ${title}\n\nThe tests are in \`tests/js/systems/${file}\`${ofHttp}.\n`;
  return [head, ...parts.map(ofPart)].join('\n');
}

function shownBy({ says, shown = [], portal, http, plain }) {
  const parts = shown.map((test) => `*${test}*`);
  if (portal !== undefined) parts.push(`**Portal**: ${portal}`);
  if (http !== undefined) parts.push(`**HTTP**: ${http.map((test) => `*${test}*`).join('; ')}`);
  if (plain !== undefined) parts.push(`**No requirement**: ${plain}`);
  if (parts.length === 0) throw new Error(`nothing shows "${says}"`);
  return parts.join('<br>');
}

const escaped = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(table, systemsTable());
