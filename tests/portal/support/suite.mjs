import { after, before, describe } from 'node:test';
import { startBrowser } from './browser.mjs';
import { openDemo } from './visit.mjs';

/** Where this machine cannot have Chromium, its tests are skipped, and say so. */
const skip = (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes('chromium');

/** Tests of the demo's portal. `run` gets what is there once the tests begin. */
export function portalSuite(title, run) {
  describe(title, { skip }, () => {
    const opened = {};
    before(async () => Object.assign(opened, { demo: await openDemo() }));
    after(() => opened.demo?.close());
    run(() => opened.demo);
  });
}

/** Tests of a browser alone. */
export function browserSuite(title, run) {
  describe(title, { skip }, () => {
    const opened = {};
    before(async () => Object.assign(opened, { browser: await startBrowser() }));
    after(() => opened.browser?.close());
    run(() => opened.browser);
  });
}
