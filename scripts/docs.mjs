/**
 * `npm run docs`: the documentation site in `build/docs/`, which `npm start` serves under `/docs`.
 * Its pages are those of `site/pages`, the guides of `docs/`, and what is generated: the API from
 * the types, the commands from their help. A dead link fails.
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { withScratchFolder } from './build/folders.mjs';
import { build } from './build.mjs';
import { inBuild, inClone, packageFolder } from './paths.mjs';
import { haveNodeModules, installNodeModules, nodeProgram } from './setup/node-modules.mjs';
import { report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

/** The tools have a separate manifest: they are large, and only this script needs them. */
const tools = 'site';

/** Documents that become pages, by their paths; each page by its path in the site. */
const PAGES = {
  ...Object.fromEntries(readdirSync(inClone('docs')).map((name) => [`docs/${name}`, `guides/${name}`])),
  'SECURITY.md': 'security.md',
  'CHANGELOG.md': 'changelog.md',
  'examples/README.md': 'examples.md',
};

/** Where links to parts of documents lead that are no pages. */
const ELSEWHERE = { 'CONTRIBUTING.md#glossary': '/glossary.md', 'README.md': '/getting-started.md' };

try {
  await build();
  if (!haveNodeModules(tools)) await installNodeModules(tools);
  await withScratchFolder(async (scratch) => {
    await writePages(scratch);
    symlinkSync(inClone(tools, 'node_modules'), join(scratch, 'node_modules'));
    const out = inBuild('docs');
    await run(process.execPath, [
      nodeProgram('vitepress/bin/vitepress.js', tools),
      'build',
      scratch,
      '--outDir',
      out,
    ]);
    console.log(`The site is in ${out}; npm start serves it under /docs.`);
  });
} catch (error) {
  report(error);
}

async function writePages(folder) {
  cpSync(inClone(tools, 'pages'), folder, { recursive: true });
  for (const [source, page] of Object.entries(PAGES)) write(folder, page, linked(source));
  write(folder, 'glossary.md', glossary());
  write(folder, 'commands.md', await commands());
  const modules = await writeApi(folder);
  cpSync(inClone(tools, 'config.mjs'), join(folder, '.vitepress/config.mjs'));
  write(folder, '.vitepress/api-sidebar.mjs', `export const apiSidebar = ${JSON.stringify(modules)};\n`);
}

function write(folder, name, text) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** A document whose links lead to pages. A link to what is no page is text. */
function linked(source) {
  const text = readFileSync(inClone(source), 'utf8');
  return text.replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (link, label, target) => {
    if (/^https?:|^#/.test(target)) return link;
    const [path, anchor = ''] = target.split('#');
    const file = posix.join(posix.dirname(source), path);
    const whole = anchor === '' ? file : `${file}#${anchor}`;
    const page = ELSEWHERE[whole] ?? (PAGES[file] && `/${PAGES[file]}${anchor && `#${anchor}`}`);
    return page === undefined ? label : `[${label}](${page})`;
  });
}

function glossary() {
  const [, section] = readFileSync(inClone('CONTRIBUTING.md'), 'utf8').split(/^## Glossary$/m);
  return `# Glossary\n${section.split(/^## /m)[0].replace(/^### /gm, '## ')}`;
}

/** The help of each command, as it prints it. */
async function commands() {
  const help = (...args) => run(process.execPath, [join(packageFolder, 'cli/main.js'), ...args, '--help']);
  const whole = await help();
  const names = [...whole.matchAll(/^ {2}([a-z][a-z-]*)(?: |$)/gm)].map(([, name]) => name);
  const pages = [];
  for (const name of new Set(names.filter((name) => name !== 'help')))
    pages.push(`## ${name}\n\n\`\`\`text\n${(await help(name)).trim()}\n\`\`\`\n`);
  return `# Commands\n\n\`\`\`text\n${whole.trim()}\n\`\`\`\n\n${pages.join('\n')}`;
}

/** Writes a page for each entry of the package. @returns the sidebar */
async function writeApi(folder) {
  const { exports } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  // Not what only types the entry of another one.
  const types = Object.values(exports)
    .filter(({ types, default: script }) => types !== undefined && script === types.replace('.d.ts', '.js'))
    .map((entry) => entry.types);
  const sources = types.map((path) => join('js', path.replace('.d.ts', '.ts')));
  const options = [
    '--plugin',
    'typedoc-plugin-markdown',
    '--router',
    'module',
    '--entryFileName',
    'index.md',
  ];
  const quiet = [
    '--hideBreadcrumbs',
    '--hidePageHeader',
    '--readme',
    'none',
    '--disableSources',
    '--logLevel',
    'Error',
  ];
  const where = [
    '--tsconfig',
    inClone('tsconfig.json'),
    '--basePath',
    inClone('js'),
    '--out',
    join(folder, 'api'),
  ];
  await run(
    process.execPath,
    [nodeProgram('typedoc/bin/typedoc', tools), ...options, ...quiet, ...where, ...sources],
    {
      cwd: inClone(),
    },
  );
  return readdirSync(join(folder, 'api'), { recursive: true })
    .filter((name) => name.endsWith('.md') && name !== 'overview.md')
    .sort()
    .map((name) => {
      const entry = name.replace(/\.md$/, '').replace(/^index$|\/index$/, '');
      return { text: posix.join('leastkey', entry), link: `/api/${name}` };
    });
}
