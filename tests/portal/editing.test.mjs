/**
 * What a kind lets its managers write and restrict, at creation and afterwards. Differences are
 * shown before they are saved.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portalSuite } from './support/suite.mjs';

const ada = { id: 'user:1', roles: { 'org:acme': 'admin' } };

/** The only token with a name. */
async function tokenOf(demo, name) {
  const { items } = await demo.deployment.tokens.list({ owner: 'org:acme', search: name }, ada);
  assert.equal(items.length, 1);
  return items[0];
}

portalSuite('what is written on a token', (demo) => {
  test('at creation: description, tags, conditions, limits, and resources', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    await visit.button('Create access token').click();
    await page.getByLabel('Name').fill('Restricted');
    await page.getByText('Description and tags').click();
    await page.getByLabel('Description').fill('Sends from one network');
    await page.getByLabel('Tags').fill('ci, nightly, ci');
    await visit.look('write-1-details');
    await visit.button('Next').click();
    await page.getByRole('checkbox', { name: /^One API Access – All Channels Use/ }).check();
    await page.getByText('Advanced options').click();
    await page.locator('leastkey-narrowing select').selectOption('messages:send');
    await page.getByLabel('Only on', { exact: true }).fill('org:other');
    await visit.button('Add limit').click();
    await page.getByText('Enter a resource at org:acme or below').waitFor();
    await page.getByLabel('Only on', { exact: true }).fill('org:acme//x');
    await visit.button('Add limit').click();
    await page.getByText('the resource has an empty segment').waitFor();
    await page.getByLabel('Only on', { exact: true }).fill('org:acme/group:eng');
    await page.getByLabel('Only on', { exact: true }).press('Enter');
    const narrowed = page.locator('leastkey-narrowing');
    await narrowed.getByText('Send on all channels: only on org:acme/group:eng').waitFor();
    await visit.look('write-2-narrowed');
    await visit.button('Next').click();

    await page.locator('summary', { hasText: 'Restrictions' }).click();
    await page.getByLabel('Networks').fill('10.0.0.0/8\n2001:db8::/32');
    await page.getByLabel('Web origins').fill('https://portal.example');
    await page.getByRole('checkbox', { name: 'Mon' }).check();
    await page.getByRole('checkbox', { name: 'Tue' }).check();
    await page.getByLabel('From').fill('08:00');
    await page.getByLabel('To', { exact: true }).fill('18:00');
    await page.getByLabel('UTC offset').fill('+02:00');
    await page.getByLabel('Requests').fill('100');
    await page.locator('select[name="per"]').selectOption({ label: '1 hour' });
    await page.getByLabel('Credits').fill('5000');
    await page.getByLabel('Refilled every').selectOption({ label: '30 days' });
    const review = await page.locator('.review').innerText();
    for (const part of [
      'Only from the networks 10.0.0.0/8 or 2001:db8::/32',
      'Only Mon and Tue, 08:00 to 18:00 (UTC+02:00)',
      'At most 100 requests in 1 hour',
      'only on org:acme/group:eng',
    ])
      assert.ok(review.includes(part), `${part} is not in ${review}`);
    await visit.look('write-3-restrictions');
    await visit.button('Create').click();
    await visit.heading('Access token created').waitFor();
    await visit.button('Copy').click();
    await visit.button("Done, I've saved it").click();

    const record = await tokenOf(demo(), 'Restricted');
    assert.deepEqual(
      [record.description, record.tags, record.resources, record.conditions, record.limits],
      [
        'Sends from one network',
        ['ci', 'nightly'],
        { 'messages:send': ['org:acme/group:eng'], 'messages:status': ['org:acme/group:eng'] },
        {
          ips: ['10.0.0.0/8', '2001:db8::/32'],
          origins: ['https://portal.example'],
          times: { days: ['mon', 'tue'], from: '08:00', to: '18:00', utcOffset: '+02:00' },
        },
        {
          requests: { limit: 100, per: 3_600_000 },
          credits: { amount: 5_000, refill: { amount: 5_000, every: 2_592_000_000 } },
        },
      ],
    );
    await visit.button('Restricted').click();
    await page.getByText('Only from the origins https://portal.example').waitFor();
    await visit.look('write-4-page');
    await visit.close();
  });

  test('is edited with a visible difference, and errors are shown as text', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    const before = await tokenOf(demo(), 'Restricted');
    await visit.button('Edit Restricted').click();
    await visit.heading('Edit Restricted').waitFor();
    await page.getByText('Nothing changes yet.').waitFor();
    assert.ok(await visit.button('Save changes').isDisabled());
    await page.getByLabel('Name').fill('Less restricted');
    await page.getByLabel('Tags').fill('');
    await page.locator('summary', { hasText: 'Restrictions' }).click();
    await page.getByLabel('Networks').fill('10.1.2.3/8');
    await page.getByLabel('Credits').fill('');
    await visit.look('edit-1-difference');
    const rows = await page.locator('.diff').innerText();
    for (const title of ['Name', 'Tags', 'Conditions', 'Limits', 'Only from the networks 10.1.2.3/8'])
      assert.match(rows, new RegExp(`^${title}$`, 'm'));
    assert.doesNotMatch(rows, /portal\.example/, 'what stays as it is is no difference');
    await visit.button('Save changes').click();
    await page.getByText('the network is "10.0.0.0/8"').waitFor();
    await visit.look('edit-2-refused');
    await page.getByLabel('Networks').fill('10.0.0.0/8');
    await visit.button('Save changes').click();
    await visit.heading('Changes saved').waitFor();
    await visit.button('Close').click();
    const record = await tokenOf(demo(), 'Less restricted');
    const { tags: _, ...was } = before;
    assert.deepEqual(record, {
      ...was,
      name: 'Less restricted',
      conditions: { ...before.conditions, ips: ['10.0.0.0/8'] },
      limits: { requests: before.limits.requests },
      revision: 2,
    });
    await visit.close();
  });

  test('a narrowed permission stays narrowed when the scope is edited', async () => {
    const visit = await demo().visit('ada');
    const { page } = visit;
    const input = {
      kind: 'organization',
      name: 'Narrowed',
      owner: 'org:acme',
      templates: ['CollectionDevice'],
      resources: { 'devices:read': ['org:acme/group:eng'] },
      expiresIn: '30d',
    };
    const { record } = await demo().deployment.tokens.create(input, ada);
    await page.reload();
    await visit.button('Edit Narrowed').click();
    await page.getByText('Advanced options').click();
    await page.getByText(': only on org:acme/group:eng').waitFor();
    // Only permissions of its technical user are offered.
    await page.getByLabel('Find a permission').fill('policies');
    await page.getByText('No permission matches.').waitFor();
    assert.equal(await page.getByRole('radio', { name: /Admin/ }).count(), 0);
    await page.getByLabel('Find a permission').fill('remove');
    await page.getByRole('checkbox', { name: /devices:remove/ }).uncheck();
    await visit.look('edit-3-scope');
    await visit.button('Save changes').click();
    await visit.heading('Changes saved').waitFor();
    const edited = await demo().deployment.tokens.get(record.id, ada);
    assert.deepEqual(edited.resources, record.resources);
    assert.deepEqual(
      edited.permissions,
      record.permissions.filter((id) => id !== 'devices:remove'),
    );
    await visit.button('Close').click();

    await visit.button('Edit Narrowed').click();
    await page.getByText('Advanced options').click();
    await page.locator('leastkey-narrowing select').selectOption('devices:register');
    await page.getByLabel('Only on', { exact: true }).fill('org:acme/group:ops');
    await visit.button('Add limit').click();
    await page.locator('.diff').getByText('Limited to resources').waitFor();
    await visit.look('edit-4-narrowed-more');
    await visit.button('Save changes').click();
    await visit.heading('Changes saved').waitFor();
    assert.deepEqual((await demo().deployment.tokens.get(record.id, ada)).resources, {
      ...record.resources,
      'devices:register': ['org:acme/group:ops'],
    });
    await visit.close();
  });

  test('a concurrent change by another user is not overwritten', async () => {
    const { tokens } = demo().deployment;
    const input = {
      kind: 'permission-set',
      name: 'Contested',
      owner: 'org:acme',
      templates: ['all-channels'],
    };
    const { record } = await tokens.create(input, ada);
    const visit = await demo().visit('ada');
    const { page } = visit;
    await visit.button('Edit Contested').click();
    await page.getByLabel('Description').fill('Mine');
    await tokens.edit(record.id, { description: 'Theirs' }, ada);
    await visit.button('Save changes').click();
    await page.getByText('Someone else changed this token.').waitFor();
    await visit.look('edit-5-conflict');
    await visit.button('Try again').click();
    await page.getByLabel('Description').waitFor();
    assert.equal(await page.getByLabel('Description').inputValue(), 'Theirs');
    assert.equal((await tokens.get(record.id, ada)).description, 'Theirs');
    await visit.close();
  });
});
