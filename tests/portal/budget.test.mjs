/** What a page with the portal in it downloads, and how soon somebody can use it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

/** Bytes of everything but the WebAssembly module, compressed, as the browser got them. The module has a budget of its own in the build. */
const MOST = 60_000;

portalSuite('the budget of the page', (demo) => {
  test('holds, and the list does not wait for the core', async (context) => {
    const ada = await demo().visit('ada');
    const { page } = ada;
    await ada.button('Create access token').waitFor();
    const ready = await page.evaluate(() => performance.now());
    assert.deepEqual(await modulesIn(page), [], 'the core is not loaded for a list');
    await ada.button('Create access token').click();
    await page.getByLabel('Name').fill('Now');
    await ada.button('Next').click();
    await ada.page.getByRole('checkbox').first().waitFor();

    const loaded = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(
        ({ name, encodedBodySize }) => ({ name: new URL(name).pathname, bytes: encodedBodySize }),
      ),
    );
    const parts = loaded.filter(({ name }) => !name.endsWith('.wasm') && !name.startsWith('/leastkey/v1/'));
    const sum = parts.reduce((total, { bytes }) => total + bytes, 0);
    const module = loaded.find(({ name }) => name.endsWith('.wasm'));
    assert.ok(module !== undefined, 'the core is loaded to create');
    context.diagnostic(
      `without the core ${sum} bytes, the core ${module.bytes}; usable after ${Math.round(ready)} ms`,
    );
    assert.ok(
      sum <= MOST,
      `${sum} bytes, more than ${MOST}:\n${parts.map(({ name, bytes }) => `${bytes} ${name}`).join('\n')}`,
    );
    await ada.close();
  });
});

const modulesIn = (page) =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.wasm')),
  );
