import { after, before, describe } from 'node:test';
import { startBrowser } from './browser.mjs';
import { openDemo } from './visit.mjs';

/** Without Chromium on this machine, its tests are reported as skipped. */
const skip = (process.env.LEASTKEY_WITHOUT ?? '').split(',').includes('chromium');

/** Tests of the demo's portal. `run` gets the values that exist when the tests begin. */
export function portalSuite(title, run) {
  describe(title, { skip }, () => {
    const opened = {};
    before(async () => Object.assign(opened, { demo: await openDemo() }));
    after(() => opened.demo?.close());
    run(() => opened.demo);
  });
}

/** Tests that need only a browser. */
export function browserSuite(title, run) {
  describe(title, { skip }, () => {
    const opened = {};
    before(async () => Object.assign(opened, { browser: await startBrowser() }));
    after(() => opened.browser?.close());
    run(() => opened.browser);
  });
}
