/** `leastkey catalog check`, `tree`, `diff`, `docs` and `types`, run as separate processes. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { deployment } from '../../support/cli-process.mjs';
import { onTerminal } from '../../support/terminal.mjs';

const NOW = {
  version: '2026-11-22',
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', routes: ['POST /messages'] },
        status: { title: 'Status', routes: [{ route: 'GET /orgs/{org}', resource: 'org:{org}' }] },
        fax: { title: 'Fax', routes: ['POST /fax'] },
      },
    },
  },
  templates: { sender: { title: 'Sender', permissions: ['messages:*'] } },
  kinds: { ci: { title: 'CI' }, job: { title: 'Job' } },
};

const NEXT = {
  services: {
    messages: {
      title: 'Messages <i>',
      description: 'All | of *it*',
      permissions: {
        post: {
          title: 'Send',
          was: ['messages:send'],
          implies: ['messages:status'],
          routes: ['POST /messages', 'GET /{a}/acme'],
        },
        status: { title: 'Status', deprecated: true, routes: ['GET /orgs/{org}'] },
        export: 'Export',
      },
    },
  },
  templates: { sender: { title: 'Sender', permissions: ['messages:*'] } },
  kinds: { ci: { title: 'CI', uniqueNames: true } },
  retired: ['job'],
};

/** As it is written by hand: the lines are those of the problems below. */
const WRONG = `services:
  messages:
    title: Messages
    permissions:
      send: { title: Send, implies: [messages:stauts] }
      status: Status
      "a b": x
templates:
  sender:
    titel: Send
    permissions:
      - mesages:send
`;

let site;
const file = (name) => join(site.folder, name);
const catalog = (args, options) => site.leastkey(['catalog', ...args], options);

before(() => {
  site = deployment();
  writeFileSync(file('now.json'), JSON.stringify(NOW, undefined, 2));
  writeFileSync(file('next.yaml'), stringify(NEXT));
  writeFileSync(file('wrong.yaml'), WRONG);
  writeFileSync(file('script.mjs'), `export default ${JSON.stringify(NOW)};`);
  writeFileSync(file('typed.ts'), `const catalog: object = ${JSON.stringify(NOW)};\nexport { catalog };`);
});
after(() => site.remove());

describe('catalog check', () => {
  test('says what a valid one has, of JSON, YAML and a script, and of --catalog', async () => {
    for (const args of [[file('now.json')], [file('script.mjs')], ['--catalog', file('now.json')]]) {
      const { exit, stdout, stderr } = await catalog(['check', ...args]);
      assert.deepEqual([exit, stdout], [0, '']);
      assert.match(
        stderr,
        /is valid: 1 service, 3 permissions, 3 routes, 1 template, 2 kinds\.\n$/,
        args.join(' '),
      );
    }
  });

  test('TypeScript, where Node runs it; where not, what to do', async () => {
    const { exit, stderr } = await catalog(['check', file('typed.ts')]);
    if (process.features.typescript) assert.equal(exit, 0, stderr);
    else assert.match(stderr, /cannot run the TypeScript.*22\.18/);
  });

  test('each problem has its file, line and path, and exits 1', async () => {
    const { exit, stdout } = await catalog(['check', file('wrong.yaml')]);
    assert.equal(exit, 1);
    const places = stdout.matchAll(/wrong\.yaml:(\d+): (\S+?(?:"a b"\])?): error: (.*)/g);
    assert.deepEqual(
      [...places].map(([, line, path, message]) => [Number(line), path, message.split(';').at(-1).trim()]),
      [
        [7, '$.services.messages.permissions["a b"]', 'segments have letters, digits and . _ -'],
        [5, '$.services.messages.permissions.send.implies[0]', 'did you mean "messages:status"?'],
        [10, '$.templates.sender.titel', 'did you mean "title"?'],
        [9, '$.templates.sender.title', 'is required'],
        [12, '$.templates.sender.permissions[0]', 'did you mean "messages:send"?'],
      ],
    );
    const json = (await catalog(['check', file('wrong.yaml'), '--json'])).json();
    assert.deepEqual([json.valid, json.problems.length, json.problems[1].line], [false, 5, 5]);
  });

  test('JSON has lines too, and ids as long as they are', async () => {
    const id = `x${'0123456789abcdef'.repeat(4)}`;
    const wrong = { ...NOW, templates: { sender: { title: 'S', permissions: [`messages:${id}`] } } };
    writeFileSync(file('wrong.json'), JSON.stringify(wrong, undefined, '\t'));
    const line = readFileSync(file('wrong.json'), 'utf8')
      .split('\n')
      .findIndex((text) => text.includes(id));
    const place = `wrong.json:${line + 1}: $.templates.sender.permissions[0]: `;
    const check = await catalog(['check', file('wrong.json')]);
    assert.ok(check.stdout.includes(`${place}error: the catalog has no permission "messages:${id}"`));
    // Of a command that needs the catalog for something else, too.
    const resolve = await site.leastkey([
      'resolve',
      '--add',
      'messages:send',
      '--catalog',
      file('wrong.json'),
    ]);
    assert.equal(resolve.exit, 2);
    assert.ok(resolve.stderr.includes(`${place}the catalog has no permission "messages:${id}"`));
    const asJson = await site.leastkey(['resolve', '--catalog', file('wrong.json'), '--json']);
    assert.equal(JSON.parse(asJson.stderr).error.problems[0].line, line + 1);
  });

  test('a script has no lines', async () => {
    writeFileSync(file('wrong.mjs'), 'export const catalog = { services: 3 };');
    const { exit, stdout } = await catalog(['check', file('wrong.mjs')]);
    assert.equal(exit, 1);
    assert.match(stdout, /wrong\.mjs: \$\.services: error: /);
  });

  test('of many problems the first twenty, and how many more', async () => {
    const permissions = Array.from({ length: 50 }, (_, at) => `nothing:a${at}`);
    const many = { ...NOW, templates: { sender: { title: 'S', permissions } } };
    writeFileSync(file('many.json'), JSON.stringify(many));
    const { stdout } = await catalog(['check', file('many.json')]);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 21);
    assert.match(lines.at(-1), /many\.json: error: and 30 more$/);
  });

  test('warnings, with --strict as a refusal', async () => {
    const { exit, stdout } = await catalog(['check', file('next.yaml')]);
    assert.equal(exit, 0);
    assert.match(stdout, /^\S*next\.yaml:\d+: \$\.\S+: warning: crosses GET \/orgs\/\{org\}: .*\n$/);
    assert.equal((await catalog(['check', file('next.yaml'), '--strict'])).exit, 1);
  });

  test('a name that is in its object twice', async () => {
    writeFileSync(file('twice.json'), JSON.stringify(NOW).replace('"send":', '"fax":"Fax",\n"send":'));
    const { exit, stdout } = await catalog(['check', file('twice.json')]);
    assert.equal(exit, 0);
    assert.match(stdout, /twice\.json:2: warning: this name is in its object twice/);
  });

  test('no file, no catalog and no YAML: exit 2', async () => {
    writeFileSync(file('no.yaml'), 'a: [');
    for (const [args, message] of [
      [[file('nowhere.yaml')], /cannot read the catalog/],
      [[file('no.yaml')], /no\.yaml is not YAML: .* in line 1/],
      [['--catalog', ''], /a catalog is required/],
    ]) {
      const { exit, stdout, stderr } = await catalog(['check', ...args]);
      assert.deepEqual([exit, stdout], [2, '']);
      assert.match(stderr, message);
    }
  });
});

describe('catalog tree', () => {
  test('the whole, some levels, a branch, and the routes', async () => {
    const lines = async (...args) =>
      (await catalog(['tree', file('now.json'), ...args])).stdout.trimEnd().split('\n');
    assert.deepEqual(await lines(), [
      'messages  Messages',
      '  messages:send  Send',
      '  messages:status  Status',
      '  messages:fax  Fax',
    ]);
    assert.deepEqual(await lines('--depth', '1'), ['messages  Messages  … 3 more below']);
    assert.deepEqual((await lines('--below', 'messages', '--routes')).slice(2, 4), [
      'messages:status  Status',
      '    GET /orgs/{org}  on org:{org}',
    ]);
    const [branch] = (await catalog(['tree', file('next.yaml'), '--routes', '--json'])).json();
    assert.equal(branch.children[1].deprecated, true);
    assert.deepEqual(branch.children[1].routes, [{ route: 'GET /orgs/{org}' }]);
  });

  test('a branch that is not there', async () => {
    const { exit, stderr } = await catalog(['tree', file('now.json'), '--below', 'mesages']);
    assert.equal(exit, 2);
    assert.match(stderr, /^leastkey: --below: the catalog has no service, group or permission "mesages"/);
  });

  test('on a terminal: cut to its width, and a long one in the pager', async () => {
    const permissions = Object.fromEntries(
      Array.from({ length: 80 }, (_, at) => [`p${at}`, `A title of number ${at} that is too long`]),
    );
    writeFileSync(file('long.json'), JSON.stringify({ services: { long: { title: 'Long', permissions } } }));
    const environment = { ...site.environment, LEASTKEY_PAGER: 'sed s/long:p79/PAGED/' };
    const paged = await onTerminal(['catalog', 'tree', file('long.json')], { environment, columns: 40 });
    assert.equal(paged.exit, 0);
    assert.match(paged.text, / {2}PAGED {2}A title of number 79/);
    assert.ok(paged.text.split('\n').every((line) => [...line].length <= 40));
    assert.match(paged.text, /…\n/);
    const short = await onTerminal(['catalog', 'tree', file('now.json')], { environment, columns: 40 });
    assert.match(short.text, /messages:fax/);
    const none = { ...environment, LEASTKEY_PAGER: 'no-such-pager 2>&-' };
    const plain = await onTerminal(['catalog', 'tree', file('long.json')], { environment: none });
    assert.match(plain.text, /long:p79/);
  });
});

describe('catalog diff', () => {
  const both = () => [file('now.json'), file('next.yaml')];

  test('what is added, removed, renamed and changed', async () => {
    const { exit, stdout, stderr } = await catalog(['diff', ...both()]);
    assert.deepEqual([exit, stderr], [0, '']);
    assert.equal(
      stdout,
      `Permissions
  + messages:export
  ~ messages:send → messages:post
  - messages:fax  not in "retired": a later catalog could define it with another meaning
  ~ messages:status  deprecated
Routes
  + GET /{a}/acme  needs messages:post
  - POST /fax  needed messages:fax
  ~ GET /orgs/{org}  needs messages:status, needed messages:status on org:{org}
Permission sets
  ~ sender  still version 1: count it up, records keep the version
    + messages:export
    - messages:fax
Kinds
  - job  retired
  ~ ci  uniqueNames
`,
    );
  });

  test('of itself there is none; --exit-code', async () => {
    const same = await catalog(['diff', file('now.json'), file('script.mjs'), '--exit-code']);
    assert.deepEqual([same.exit, same.stdout, same.stderr], [0, '', 'There is no difference.\n']);
    assert.equal((await catalog(['diff', ...both(), '--exit-code'])).exit, 1);
  });

  test('with a store: the tokens that it touches', async () => {
    const make = async (name, owner, kind, ...selection) => {
      const args = [
        'create',
        '--catalog',
        file('now.json'),
        '--name',
        name,
        '--owner',
        owner,
        '--kind',
        kind,
      ];
      const made = await site.leastkey([...args, ...selection, '--json']);
      assert.equal(made.exit, 0, made.stderr);
      return made.json().record.id;
    };
    const nightly = await make('Nightly', 'org:acme', 'permission-set', '--template', 'sender');
    await make('Reader', 'org:b/group:x', 'permission-set', '--add', 'messages:status');
    const build = await make('Build', 'org:b', 'job', '--add', 'messages:send');
    const old = await make('Old', 'org:b', 'permission-set', '--add', 'messages:fax');
    assert.equal((await site.leastkey(['revoke', old, '--yes'])).exit, 0);

    const { touched } = (await catalog(['diff', ...both(), '--tokens', '--json'])).json();
    assert.equal(touched.scanned, 3);
    assert.deepEqual(
      new Map(touched.tokens.map(({ id, name: _, owner: __, ...rest }) => [id, rest])),
      new Map([
        [nightly, { loses: ['messages:fax'], renamed: ['messages:send'], templates: ['sender'] }],
        [build, { loses: [], renamed: ['messages:send'], templates: [], kindRemoved: true }],
      ]),
    );
    assert.deepEqual(touched.templates, { sender: 1 });

    const { stdout, stderr } = await catalog(['diff', ...both(), '--db', site.environment.LEASTKEY_DB]);
    assert.match(stdout, new RegExp(`${nightly} .*messages:fax.*messages:send.*sender.*Nightly`));
    assert.match(stderr, /2 of 3 tokens would be touched; 1 would lose a permission\./);
    assert.match(stderr, /Of the permission set sender: 1 token\. /);
    assert.ok(!('touched' in (await catalog(['diff', ...both(), '--json'])).json()));
  });

  test('a catalog that is not valid: which, and the line', async () => {
    const { exit, stderr } = await catalog(['diff', file('now.json'), file('wrong.yaml')]);
    assert.equal(exit, 2);
    assert.match(stderr, /wrong\.yaml:5: /);
  });
});

describe('catalog docs', () => {
  test('Markdown: each endpoint with its permissions, and what no endpoint needs', async () => {
    const { exit, stdout } = await catalog(['docs', file('next.yaml')]);
    assert.equal(exit, 0);
    assert.match(stdout, /^<a id="top"><\/a>\n\n# Permissions\n/);
    assert.match(stdout, /\nAll \\\| of \\\*it\\\*\n/);
    assert.match(
      stdout,
      /\n\| `POST \/messages` \| `messages:post` \| Send\. Includes `messages:status`\. \|\n/,
    );
    assert.match(stdout, /\n\| `messages:export` \| Export\. \|\n/);
    assert.match(
      stdout,
      /\n\| Sender<br>`sender` \| `messages:export` `messages:post` `messages:status` \|\n$/,
    );
    const now = await catalog(['docs', file('now.json'), '--title', 'Our API']);
    assert.match(now.stdout, /# Our API\n\nVersion 2026-11-22\. /);
    assert.match(now.stdout, /`GET \/orgs\/\{org\}` \| `messages:status` on `org:\{org\}` \| Status\. \|/);
  });

  test('HTML, into a file by its name, with all text escaped', async () => {
    const page = file('page.html');
    const { exit, stdout, stderr } = await catalog(['docs', file('next.yaml'), '--out', page]);
    assert.deepEqual([exit, stdout], [0, '']);
    assert.match(stderr, /^Written: .*page\.html\n$/);
    const html = readFileSync(page, 'utf8');
    assert.match(html, /^<!doctype html>\n<html lang="en">/);
    assert.match(html, /<h2 id="service-messages">Messages &lt;i&gt;<\/h2>/);
    assert.match(html, /<td><code>GET \/orgs\/\{org\}<\/code><\/td><td><code>messages:status<\/code><\/td>/);
    const json = (await catalog(['docs', file('next.yaml'), '--format', 'html', '--json'])).json();
    assert.deepEqual(json, { format: 'html', page: html });
  });

  test('an endpoint at two permissions needs both, and is in the sections of both', async () => {
    const service = (title) => ({ title, permissions: { use: { title, routes: ['GET /both'] } } });
    writeFileSync(file('two.json'), JSON.stringify({ services: { a: service('A'), b: service('B') } }));
    const { stdout } = await catalog(['docs', file('two.json')]);
    assert.equal(stdout.split('| `GET /both` | `a:use`<br>`b:use` | A.<br>B. |').length, 3);
  });
});

describe('catalog types', () => {
  test('beside a JSON catalog; --check; --out', async () => {
    const written = await catalog(['types', file('now.json')]);
    assert.equal(written.exit, 0, written.stderr);
    const text = readFileSync(file('now.d.json.ts'), 'utf8');
    assert.match(text, /type Permission =\n {4}\| "messages:send"\n {4}\| "messages:status"\n/);
    assert.match(text, /export = catalog;\n$/);
    assert.equal((await catalog(['types', file('now.json'), '--check'])).exit, 0);
    writeFileSync(file('now.d.json.ts'), `${text}\n`);
    const stale = await catalog(['types', file('now.json'), '--check']);
    assert.equal(stale.exit, 1);
    assert.match(stale.stderr, /is not up to date: write it with leastkey catalog types/);
    const { stdout, stderr } = await catalog(['types', file('script.mjs'), '--out', '-']);
    assert.equal(stderr, '');
    assert.ok(stdout.endsWith(text.slice(text.indexOf('declare'))), stdout);
    assert.equal((await catalog(['types', file('next.yaml')])).exit, 2);
    assert.equal((await catalog(['types', file('wrong.yaml'), '--out', '-'])).exit, 2);
  });
});

test('--catalog takes YAML and scripts', async () => {
  for (const name of ['next.yaml', 'script.mjs']) {
    const { exit, stdout } = await site.leastkey(['resolve', '-t', 'sender', '--catalog', file(name)]);
    assert.equal(exit, 0);
    assert.match(stdout, /3 permissions: messages:/);
  }
});
