/**
 * Writes tests/js/systems/README.md from sentences.json beside it: each sentence of the four
 * documents with the tests that cover it. The tests read the same file, so that the report names
 * only tests that passed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inClone } from './paths.mjs';

export const table = inClone('tests/js/systems/README.md');

const introduction = `# The four systems, sentence by sentence

Leastkey implements four systems, each described by a document for its users. Every sentence of the four documents is a
requirement. This report has one row for each, in the order of the documents, with the tests that cover it.

- *A title* is a test in the file named above the table. All of them use the public JavaScript API, on one deployment that has
  the four systems together: the catalog \`examples/catalogs/four-systems.json\` on a SQLite file.
- **Portal**: what a screen does about it, and which call it uses. The portal's own tests cover these.
- **HTTP**: tests of the HTTP API, over real sockets with curl.
- **No requirement**: headings, captions, and sentences that introduce the next ones.

[accounts.md](../../../docs/accounts.md) and [catalog.md](../../../docs/catalog.md#kinds-and-lifetimes) have the configuration of the rules.

The report and the tests are generated from one list, \`sentences.json\`: a test that no row names is refused, and a row whose test
did not pass fails. After a change of that file, run \`node scripts/systems.mjs\`.
`;

/** The text of the report. */
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
    return `### ${number}: ${place}\n\n| | the document says | covered by |\n|---|---|---|\n${rows.join('\n')}\n`;
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
