/** Template links fill the form in and never submit it; markup in names is inert. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const link = (parameters) => `/?${new URLSearchParams(parameters)}`;
const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '"><script>document.title=1</script>',
  'W'.repeat(100),
  'عامل الإرسال الليلي',
  '\u202Egnp.exe‮',
  '👩‍👩‍👧 ночной 送信 🚀',
  '{{constructor}} %3Cb%3E &lt;b&gt;',
];

portalSuite('template links', (demo) => {
  test('fill in the form, and make nothing by themselves', async () => {
    const ada = await demo().visit(
      'ada',
      link({ template: 'all-channels,facebook-opt-in', name: 'From a link' }),
    );
    const { page } = ada;
    await ada.heading('Create access token').waitFor();
    await page.getByText('Nothing is created until you choose Create').waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'From a link');
    await ada.look('link-1-form');
    await ada.button('Next').click();
    const checked = page.getByRole('checkbox', { checked: true });
    assert.equal(await checked.count(), 2);
    assert.deepEqual(
      ada.seen.requests.filter((request) => request.startsWith('POST')),
      [],
    );
    await ada.close();
  });

  test('cannot propose unknown or unavailable permissions', async () => {
    const ben = await demo().visit('ben', link({ template: 'nothing', name: 'X', kind: 'organization' }));
    await ben.heading('Create access token').waitFor();
    assert.equal(await ben.page.getByRole('checkbox', { checked: true }).count(), 0);
    assert.equal(await ben.page.getByRole('option', { name: /Organization/ }).count(), 0);
    await ben.close();
  });

  test('names with markup in them are text, and long ones stay in their place', async () => {
    for (const name of HOSTILE) {
      const ada = await demo().visit('ada', link({ template: 'all-channels', name }));
      const { page } = ada;
      assert.equal(await page.getByLabel('Name').inputValue(), name);
      await ada.button('Next').click();
      await ada.button('Next').click();
      await ada.button('Create').click();
      // A name that cannot be stored is refused with a message; all others are shown as they are.
      const refused = page.getByRole('alert');
      await ada.heading('Access token created').or(refused).first().waitFor();
      if ((await refused.count()) === 0) {
        await ada.button('Copy').click();
        await ada.button("Done, I've saved it").click();
        await ada.button(name).waitFor();
      }
      assert.equal(await page.title(), 'Access tokens · Leastkey');
      await ada.close();
    }
    const ada = await demo().visit('ada');
    await ada.button('W'.repeat(100)).waitFor();
    await ada.look('names-1-list');
    await ada.button('W'.repeat(100)).click();
    await ada.heading('W'.repeat(100)).waitFor();
    await ada.look('names-2-token');
    await ada.close();
  });

  test('in a language that is written from right to left', async () => {
    const ada = await demo().visit('ada');
    await ada.page.evaluate(() => {
      document.documentElement.dir = 'rtl';
      document.querySelector('leastkey-portal').locale = 'ar';
    });
    await ada.page.getByRole('row').nth(1).waitFor();
    await ada.look('rtl-1-list');
    await ada.button('Create access token').click();
    await ada.look('rtl-2-create');
    await ada.close();
  });
});
