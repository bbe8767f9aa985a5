/**
 * `npm run public-api`: writes the API of the crate for programs in Rust to
 * tests/rust/public_api.txt, from what rustdoc shows: the driver, and what its calls take and
 * answer. With `--check` it fails if the file is of another API.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { inClone } from './paths.mjs';
import { Failure, report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

const file = inClone('tests/rust/public_api.txt');

/** Pages that list items, or show them again. */
const OTHER_PAGES = /(^|\/)(all|index|sidebar-items)\.html$/;

/**
 * What the calls of the driver take and answer. All else below it may change in any version.
 */
const TYPES = [
  'catalog/struct.Matched',
  'deployment/struct.Deployment',
  'input/struct.Problem',
  'model/question/struct.Question',
  'model/requirement/struct.Requirement',
  'storage/plan/struct.Range',
  'storage/plan/struct.Write',
  'value/condition/struct.RequestContext',
  'value/credential/struct.Credential',
  'value/credential/struct.TokenId',
  'value/permission/struct.Permission',
  'value/resource/struct.Resource',
  'value/time/struct.Instant',
  'verify/code/enum.Code',
  'verify/verdict/struct.Verdict',
  'verify/verdict/struct.VerifiedToken',
];

/** What every type has by itself comes after this. */
const AUTOMATIC = /id="(synthetic|blanket)-implementations"/;

const entities = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'", '&nbsp;': ' ' };

try {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  await checkOrWrite(values.check);
} catch (error) {
  report(error);
}

async function checkOrWrite(isCheck) {
  const { version, text } = await publicApi();
  if (!isCheck) {
    writeFileSync(file, text);
    console.log(`${relative(inClone(), file)}: ${text.split('\n').length} lines`);
    return;
  }
  const known = readFileSync(file, 'utf8');
  if (known === text) return;
  const [first] = known.split('\n');
  // Versions of rustdoc write the same item in different words.
  if (first !== version) {
    console.log(`not compared: written by ${first}, this is ${version}`);
    return;
  }
  const lines = (of, other) => of.split('\n').filter((line) => !new Set(other.split('\n')).has(line));
  const shown = [
    ...lines(known, text).map((line) => `- ${line}`),
    ...lines(text, known).map((line) => `+ ${line}`),
  ];
  throw new Failure(
    `The public API of the crate has changed. If that is meant, run npm run public-api.\n${shown.slice(0, 40).join('\n')}`,
  );
}

/** The version of rustdoc, and one line for each declaration, implementation and method. */
export async function publicApi() {
  const version = (await run('rustdoc', ['--version'])).trim();
  await run('cargo', ['doc', '--locked', '--no-deps', '-p', 'leastkey', '--features', 'driver']);
  const folder = inClone('target/doc/leastkey');
  if (!existsSync(folder)) throw new Failure(`cargo doc has made no ${folder}`);
  const types = TYPES.map((name) => `${name}.html`);
  const missing = types.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) throw new Failure(`rustdoc shows no ${missing.join(', ')}`);
  const all = readdirSync(join(folder, 'driver'), { recursive: true }).map((name) => join('driver', name));
  const driver = all.filter((name) => name.endsWith('.html') && !OTHER_PAGES.test(name));
  const pages = [...driver, ...types];
  const lines = pages.sort().flatMap((name) => {
    const item = name.replace(/\.html$/, '').replaceAll('/', '::');
    return declarations(readFileSync(join(folder, name), 'utf8')).map((line) => `${item} | ${line}`);
  });
  if (lines.length < 200) throw new Failure(`only ${lines.length} lines: has rustdoc another form now?`);
  return { version, text: `${[version, ...lines].join('\n')}\n` };
}

/** The declaration of a page's item, its implementations and methods. */
export function declarations(html) {
  const [own] = html.split(AUTOMATIC);
  const found = own.matchAll(
    /<pre class="rust item-decl">(.*?)<\/pre>|<h[34] class="code-header">(.*?)<\/h[34]>/gs,
  );
  const lines = [...found].map(([, item, header]) => plain(item ?? header)).filter((line) => line !== '');
  return [...new Set(lines)];
}

function plain(html) {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|amp|quot|nbsp|#39);/g, (entity) => entities[entity])
    .replace(/\s+/g, ' ')
    .trim();
}
