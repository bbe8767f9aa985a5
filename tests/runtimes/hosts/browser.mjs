/** Chromium and Firefox of the system, headless. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';

/** Possible paths of a browser, besides that in the environment. */
const PROGRAMS = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
};

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The time limit of a page. */
const TIMEOUT = 60_000;

/** Starts a browser with a temporary profile. */
export function startBrowser(name) {
  return puppeteer.launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath: programOf(name),
    headless: true,
    ...(name === 'chromium' && { args: CHROMIUM_FLAGS }),
  });
}

/** Opens a page and returns the results of the suite in it. */
export async function resultsOf(browser, url) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  page.on('requestfailed', (request) => errors.push(`${request.url()} failed`));
  try {
    await page.goto(url, { timeout: TIMEOUT });
    await page.waitForFunction('globalThis.results !== undefined', { timeout: TIMEOUT });
    return await page.evaluate('globalThis.results');
  } catch (error) {
    throw new Error([error.message, ...errors].join('\n'), { cause: error });
  } finally {
    await page.close();
  }
}

function programOf(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = PROGRAMS[name]
    .flatMap((program) => folders.map((folder) => join(folder, program)))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    `There is no ${name} on this machine (looked for ${PROGRAMS[name].join(', ')}). Install it: apt-get install ${PROGRAMS[name][0]}`,
  );
}
