/** Pages in browsers: without tools, and by bundlers without configuration. */

import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resultsOf, startBrowser } from './hosts/browser.mjs';
import { temporaryFolder } from './hosts/bundle.mjs';
import { bundlers, html, startVite } from './hosts/bundlers.mjs';
import { serveFolder } from './hosts/serve.mjs';
import { suiteIn } from './hosts/suite-in.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The cleanup functions, run in reverse order. */
const endings = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

const browsers = new Map();

/** A browser, started when it is first wanted. */
function browser(name) {
  if (!browsers.has(name)) {
    const started = startBrowser(name);
    browsers.set(name, started);
    endings.push(async () => (await started.catch(() => undefined))?.close());
  }
  return browsers.get(name);
}

/** The results of a page in a folder. */
async function visit(name, folder, page) {
  const server = await serveFolder(folder, { '/index.html': page });
  endings.push(server.close);
  return resultsOf(await browser(name), `${server.url}/index.html`);
}

/** A site with the files of the package and of the suite, as they are. */
function plainSite() {
  const folder = temporaryFolder();
  const installed = dirname(fileURLToPath(import.meta.resolve('leastkey/package.json')));
  cpSync(installed, join(folder, 'leastkey'), { recursive: true });
  mkdirSync(join(folder, 'tests'));
  for (const name of ['suite.mjs', 'expect.mjs']) cpSync(inHere(name), join(folder, 'tests', name));
  return folder;
}

for (const [name, title] of [
  ['chromium', 'Chromium'],
  ['firefox', 'Firefox'],
]) {
  suiteIn(name, `${title}, <script type="module"> without tools`, () =>
    visit(name, plainSite(), readFileSync(inHere('entries/plain.html'))),
  );
}

for (const [title, bundle] of Object.entries(bundlers)) {
  suiteIn('chromium', `Chromium, in one file made by ${title}`, async () => {
    const folder = temporaryFolder();
    await bundle(folder);
    return visit('chromium', folder, html);
  });
}

suiteIn('chromium', 'Chromium, from the development server of Vite', async () => {
  const server = await startVite(temporaryFolder());
  endings.push(server.close);
  return resultsOf(await browser('chromium'), server.url);
});
