/** Questions on a terminal: the answers make a token, and a cancellation leaves nothing. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deployment, sender } from '../support/cli-process.mjs';
import { onTerminal } from '../support/terminal.mjs';

const ENTER = '\r';
const SPACE = ' ';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';

let site;
before(async () => {
  site = deployment();
  const made = await site.leastkey(['create', ...sender, '-o', 'org:first']);
  assert.equal(made.exit, 0, made.stderr);
});
after(() => site.remove());

const names = async (owner) => {
  const { items } = (await site.leastkey(['list', '-o', owner, '--json'])).json();
  return items.map(({ name }) => name);
};

const questions = (owner) => [
  [/Whose is it\?/, `${owner}${ENTER}`],
  [/Which kind\?/, ENTER],
  [/What is it for\?/, `By hand${ENTER}`],
  [/Which permission sets\?/, `${SPACE}${ENTER}`],
  [/Which permissions\?/, ENTER],
  [/When does it end\?/, `${DOWN}${ENTER}`],
  [/Create it\?/, ENTER],
];

describe('create on a terminal', () => {
  test('asks for what is not given, and creates what was answered', async () => {
    const { exit, text, unasked } = await onTerminal(['create'], {
      environment: site.environment,
      dialog: questions('org:asked'),
    });
    assert.equal(exit, 0, text);
    assert.equal(unasked, 0, text);
    assert.match(text, /\nacme_test_[0-9A-Za-z]{53}\n/);
    const [record] = (await site.leastkey(['list', '-o', 'org:asked', '--json'])).json().items;
    assert.deepEqual([record.name, record.owner], ['By hand', 'org:asked']);
    assert.equal(record.templates.length, 1);
    assert.ok(record.expiresAt > Date.now());
  });

  test('does not ask for what is given', async () => {
    const { exit, text } = await onTerminal(['create', ...sender, '-o', 'org:given'], {
      environment: site.environment,
    });
    assert.equal(exit, 0, text);
    assert.doesNotMatch(text, /\?/);
  });

  for (const at of [0, 3, 4, 6]) {
    test(`Ctrl-C at question ${at + 1} leaves nothing, and exits 130`, async () => {
      const dialog = questions('org:cancelled').slice(0, at + 1);
      dialog[at] = [dialog[at][0], CTRL_C];
      const { exit, text } = await onTerminal(['create'], { environment: site.environment, dialog });
      assert.equal(exit, 130, text);
      assert.match(text, /leastkey: nothing was created/);
      assert.deepEqual(await names('org:cancelled'), []);
    });
  }
});

describe('a question before something irreversible', () => {
  const status = async (id) => (await site.leastkey(['get', id, '--fields', 'status'])).stdout.trim();

  for (const [title, keys, exit, expected] of [
    ['no', `n${ENTER}`, 1, 'active'],
    ['Enter', ENTER, 1, 'active'],
    ['Ctrl-C', CTRL_C, 130, 'active'],
    ['Ctrl-D', '\u0004', 1, 'active'],
    ['yes', `y${ENTER}`, 0, 'revoked'],
  ]) {
    test(`${title}: exit ${exit}, and the token is ${expected}`, async () => {
      const made = await site.leastkey(['create', ...sender, '-o', 'org:asked-twice', '-n', title, '--json']);
      const { id } = made.json().record;
      const answer = await onTerminal(['revoke', id], {
        environment: site.environment,
        dialog: [[/Yes, revoke it\?/, keys]],
      });
      assert.equal(answer.exit, exit, answer.text);
      assert.equal(await status(id), expected);
    });
  }
});

test('init on a terminal asks, and a cancellation writes nothing', async () => {
  const folder = `${site.folder}/started`;
  const cancelled = await onTerminal(['init', '--folder', folder], {
    environment: site.environment,
    dialog: [[/Which framework\?/, CTRL_C]],
  });
  assert.equal(cancelled.exit, 130, cancelled.text);
  const { exit, text } = await onTerminal(['init', '--folder', folder], {
    environment: { ...site.environment, LEASTKEY_PREFIX: '' },
    dialog: [
      [/Which framework\?/, `${DOWN}${ENTER}`],
      [/How do credentials begin\?/, ENTER],
      [/Write catalog\.json/, ENTER],
    ],
  });
  assert.equal(exit, 0, text);
  assert.match(text, /npm install leastkey express\n/);
});
