/** The transpiled components in a page of Chromium answer the vectors as everywhere. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from '../portal/support/browser.mjs';
import { transpiled } from './support/components.mjs';

const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** The page's folders, by the beginning of the path. */
const FOLDERS = {
  '/transpiled/': transpiled,
  '/support/': 'tests/component/support',
  '/vectors/': 'tests/vectors',
};

function serve(request, response) {
  const found = Object.entries(FOLDERS).find(([start]) => request.url.startsWith(start));
  if (found === undefined)
    return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>x</title>');
  const [start, folder] = found;
  const file = join(folder, request.url.slice(start.length));
  response.writeHead(200, { 'content-type': TYPES[file.match(/\.\w+$/)[0]] });
  response.end(readFileSync(file));
}

/** Runs in the page. Returns the names of the cases that were answered, and those that differ. */
async function answerInPage() {
  const { configure, planned, VectorStore, verified } = await import('/support/answer-vectors.mjs');
  const read = async (name) => (await fetch(`/vectors/${name}.json`)).json();
  const load = async (world) => {
    const { instantiate } = await import(`/transpiled/${world}.js`);
    return instantiate((file) => WebAssembly.compileStreaming(fetch(`/transpiled/${file}`)), {});
  };
  const { deployments } = await read('deployments');
  const [verifier, manager] = [await load('verifier'), await load('manager')];
  const [answered, differing] = [[], []];
  const compare = (name, given, expected) => {
    answered.push(name);
    // Both are made by the same functions, so their members are in the same order but for verdicts.
    const sorted = (value) =>
      JSON.stringify(value, (_, member) =>
        member?.constructor === Object
          ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
          : member,
      );
    if (sorted(given) !== sorted(expected))
      differing.push(`${name}: ${sorted(given)} ${sorted(expected)}`.slice(0, 500));
  };
  const verdicts = await read('verdicts');
  for (const one of verdicts.cases) {
    configure(verifier, deployments[one.deployment]);
    const steps = verified(verifier.verification, new VectorStore(verdicts.stores[one.store]), one);
    if (steps !== undefined) compare(one.name, steps, one.steps);
  }
  const plans = await read('plans');
  for (const { name, deployment, store: of, calls, after } of plans.cases) {
    configure(manager, deployments[deployment]);
    const store = new VectorStore(plans.stores[of]);
    for (const one of calls) compare(one.name, planned(manager.management, store, one).steps, one.steps);
    compare(name, store.entries(), after);
  }
  return { answered, differing };
}

describe('in Chromium', {
  skip: (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes('chromium'),
}, () => {
  const open = {};
  before(async () => {
    open.server = createServer(serve);
    await new Promise((resolve) => open.server.listen(0, '127.0.0.1', resolve));
    open.browser = await startBrowser();
  });
  after(async () => {
    await open.browser?.close();
    open.server?.close();
  });

  test('the verdicts and plans of the vectors', async () => {
    const page = await open.browser.newPage();
    await page.goto(`http://127.0.0.1:${open.server.address().port}/`);
    const { answered, differing } = await page.evaluate(answerInPage);
    assert.deepEqual(differing, []);
    assert.ok(answered.length > 100, `${answered.length}`);
  });
});
