/**
 * Every command as it is seen: its help, its mistakes and refusals in both forms, and its results
 * on
 * a terminal, in a pipe and as JSON.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deployment, sender } from '../support/cli-process.mjs';
import { onTerminal } from '../support/terminal.mjs';

let site;
let id;
let credential;
before(async () => {
  site = deployment('four-systems');
  const made = await site.leastkey(['create', ...sender, '--tag', 'ci', '--json']);
  assert.equal(made.exit, 0, made.stderr);
  ({
    token: credential,
    record: { id },
  } = made.json());
});
after(() => site.remove());

/** A few at a time: each is a process. */
async function each(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker(), worker()]);
}

async function commands() {
  const { stdout } = await site.leastkey(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map(([, name]) => name);
  const groups = { accounts: [], catalog: [], store: [] };
  for (const group of Object.keys(groups).filter((name) => names.includes(name))) {
    const help = await site.leastkey([group, '--help']);
    groups[group] = [...help.stdout.matchAll(/^ {2}([a-z-]+) .*\S/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help' && !name.startsWith('-'));
  }
  return names
    .filter((name) => name !== 'help')
    .flatMap((name) => (groups[name] ? groups[name].map((below) => [name, below]) : [[name]]));
}

describe('help', () => {
  test('of each command has its options alone, an example, and no line over 80 columns but those', async () => {
    const all = await commands();
    assert.ok(all.length > 35, all.join('; '));
    await each(all, async (command) => {
      const { exit, stdout, stderr } = await site.leastkey([...command, '--help']);
      const words = command.join(' ');
      assert.deepEqual([exit, stderr], [0, ''], words);
      assert.ok(stdout.startsWith(`Usage: leastkey ${words} `), stdout);
      assert.match(stdout, /\nExamples?:\n {2}\S/, words);
      assert.match(stdout, / -h, --help +show this help\n/, words);
      assert.doesNotMatch(stdout, /--record-key-file/, words);
      const wide = stdout
        .split(/\nExamples?:/)[0]
        .split('\n')
        .filter((line) => line.length > 80);
      assert.deepEqual(wide, [], words);
    });
  });

  test('loads neither the core nor a store, prompts, YAML or other commands', async () => {
    const log = join(site.folder, 'loaded.txt');
    const hooks = join(site.folder, 'hooks.mjs');
    const preload = join(site.folder, 'preload.mjs');
    writeFileSync(
      hooks,
      `import { appendFileSync } from 'node:fs';
      export const load = (url, context, next) => {
        appendFileSync(${JSON.stringify(log)}, url + '\\n');
        return next(url, context);
      };`,
    );
    writeFileSync(
      preload,
      `import { register } from 'node:module';
      register(${JSON.stringify(`file://${hooks}`)});`,
    );
    const loadedBy = async (args) => {
      writeFileSync(log, '');
      const { exit } = await site.leastkey(args, { env: { NODE_OPTIONS: `--import ${preload}` } });
      assert.equal(exit, 0);
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((url) => url !== '');
    };
    const heavy = /(?:leastkey|pkg|dev)\/index\.js$|\.wasm|libsql|@clack|\/yaml\/|hono/;
    for (const args of [['--help'], ['create', '--help'], ['--version']]) {
      const loaded = await loadedBy(args);
      assert.ok(
        loaded.some((url) => url.includes('commander')),
        loaded.join('\n'),
      );
      assert.deepEqual(
        loaded.filter((url) => heavy.test(url)),
        [],
        args.join(' '),
      );
    }
    assert.ok((await loadedBy(['list', '-o', 'org:acme'])).some((url) => heavy.test(url)));
  });

  test('fits a narrow terminal', async () => {
    const { exit, text } = await onTerminal(['create', '--help'], {
      environment: site.environment,
      columns: 70,
    });
    assert.equal(exit, 0);
    const [own] = text.split('\nExample:');
    assert.deepEqual(
      own.split('\n').filter((line) => line.length > 70),
      [],
    );
  });
});

// Mistakes and refusals: the arguments, the exit code, the code in JSON, and the whole message.
const REFUSALS = [
  [['lits'], 2, 'usage', 'unknown command lits; did you mean list?'],
  [['list', '--ownr', 'x'], 2, 'usage', 'unknown option --ownr; did you mean --owner?'],
  [['list', '--owner'], 2, 'usage', '--owner needs a value'],
  [['list'], 2, 'usage', 'whose tokens? Give --owner <resource>'],
  [
    ['list', '-o', 'org:acme', '-s', 'ended'],
    2,
    'usage',
    '--status: "ended" is wrong. Allowed choices are active, expired, disabled, revoked.',
  ],
  [
    ['list', '-o', 'org:acme', '--limit', 'all'],
    2,
    'usage',
    '--limit: "all" is wrong. Write a whole number, 1 or more.',
  ],
  [['list', '-o', 'org:acme', '--all', '--after', 'x'], 2, 'usage', '--all and --after exclude each other'],
  [
    ['list', '-o', 'org:acme', '--fields', 'id,nmae'],
    2,
    'usage',
    /^--fields: there is no "nmae"; there are id, kind, name/,
  ],
  [['get'], 2, 'usage', '<id> is required'],
  [['get', '0000000000000000'], 1, 'not_found', 'there is no such token'],
  [
    ['create', '-k', 'personal'],
    2,
    'usage',
    'a token needs --name <name>, what it is for; --owner <resource>, such as org:acme or user:7',
  ],
  [
    ['create', '-n', 'x', '-k', 'permission-set', '-o', 'org:acme', '-t', 'all-chanels'],
    2,
    'invalid_input',
    '--template: the catalog has no template "all-chanels"; did you mean "all-channels"?',
  ],
  [
    ['create', '-n', 'x', '-k', 'permission-set', '-o', 'org:acme'],
    2,
    'invalid_input',
    '--template: the selection gives no permission: choose a template, or --add permissions',
  ],
  [
    ['create', ...sender, '--rate', '100'],
    2,
    'usage',
    '--rate: "100" is wrong. Write a number and a time, such as 100/1m.',
  ],
  [
    ['create', ...sender, '--hours', '8-18'],
    2,
    'usage',
    '--hours: "8-18" is wrong. Write two times, such as 08:00-18:00.',
  ],
  [['create', ...sender, '--metadata', '{'], 2, 'usage', /^--metadata: expected JSON/],
  [['create', ...sender, '--ip', '10.0.0.0/99'], 2, 'invalid_input', /^--ip: /],
  [
    ['edit', 'ID'],
    2,
    'usage',
    'nothing to change: give --name, --template or another option; see leastkey edit --help',
  ],
  [
    ['edit', 'ID', '--remaining', '5'],
    2,
    'usage',
    'the token has no credits; set their number with --credits',
  ],
  [['renew', 'ID'], 2, 'usage', 'for how long? Give --expires-in <duration>, such as 90d'],
  [['confirm-rotation', 'ID'], 1, 'conflict', /rotation/],
  [
    ['revoke', 'ID'],
    2,
    'usage',
    'revoke cannot be undone, and there is no terminal to confirm it on; add --yes to confirm',
  ],
  [
    ['revoke-all', '--yes'],
    2,
    'usage',
    'which tokens? Give --owner, --subject or --tag; --everything means all there are',
  ],
  [['usage'], 2, 'usage', 'give the id of a token, or --owner <resource> for the unused ones of an owner'],
  [['verify', '--resource', 'org:acme'], 2, 'usage', /^--resource says where/],
  [['resolve', '-t', 'nothing'], 2, 'invalid_input', /^--template: the catalog has no template "nothing"/],
  [['suggest', 'messages:sned'], 2, 'invalid_input', /messages:sned.*messages:send/],
  [['accounts', 'get', 'user:99'], 1, 'not_found', /no such/],
  [['accounts', 'delete', 'user:99'], 2, 'usage', /add --yes/],
  [['completion', 'tcsh'], 2, 'usage', /bash, zsh, fish/],
  [['serve', '--port', '99999'], 2, 'usage', '--port: "99999" is wrong. Write a port from 1 to 65535, or 0.'],
  [['init', '--framework', 'rails'], 2, 'usage', /^--framework: "rails" is wrong\. Allowed choices are node/],
  [
    ['list', '-o', 'org:acme', '--url', 'https://api.example'],
    2,
    'usage',
    /^a credential is required for --url/,
  ],
  [
    ['list', '-o', 'org:acme', '--url', 'https://api.example', '--db', 'x.db'],
    2,
    'usage',
    '--db and --url name two places of tokens; give one',
  ],
  [
    ['list', '-o', 'org:acme', '--as-role', 'admin'],
    2,
    'usage',
    /^--as-role: "admin" is wrong\. .* org:acme=admin\.$/,
  ],
  [['list', '-o', 'org:acme', '--as', 'user:9'], 1, 'forbidden', /org:acme/],
];

describe('what is refused', () => {
  test('is told once, in the words of the options, and as JSON', async () => {
    await each(REFUSALS, async ([words, exit, code, message]) => {
      const args = words.map((word) => (word === 'ID' ? id : word));
      const title = args.join(' ');
      const plain = await site.leastkey(args);
      assert.deepEqual([plain.exit, plain.stdout], [exit, ''], `${title}: ${plain.stderr}`);
      const lines = plain.stderr.replace(/^leastkey: /, '').trimEnd();
      if (typeof message === 'string') assert.equal(lines, message, title);
      else assert.match(lines, message, title);
      assert.equal(lines.split('\n').length, 1, `${title}: ${plain.stderr}`);
      if (code === 'usage' && REFUSALS.findIndex(([other]) => other === words) % 4 > 0) return;
      const json = await site.leastkey([...args, '--json']);
      assert.deepEqual([json.exit, json.stdout], [exit, ''], title);
      assert.equal(JSON.parse(json.stderr).error.code, code, title);
    });
  });

  test('several problems are a line each', async () => {
    const args = ['create', '-n', 'x', '-k', 'permision-set', '-o', 'org:acme', '-a', 'nope:x', '-a', 'b:c'];
    const { exit, stderr } = await site.leastkey(args);
    assert.equal(exit, 2);
    assert.match(
      stderr,
      /^leastkey: --kind: .*did you mean "permission-set"\?\n {2}--add: .*\n {2}--add: .*\n$/,
    );
  });
});

describe('results', () => {
  /** The arguments, and what standard output begins with for people. */
  const results = () => [
    [['get', id], /^ {2}id +\w{16}\n {2}name +Sender\n/],
    [['list', '-o', 'org:acme'], /^ID +STATUS +KIND +CREATED/],
    [['usage', id], /^ {2}id .*\n {2}name +Sender\n {2}last used +never\n {2}uses +0\n/],
    [['usage', '-o', 'org:acme', '--unused-for', '0ms'], /^ID +LAST USED/],
    [['audit', '-o', 'org:acme'], /^NO\. .*\n1 .* create .*name: Sender/],
    [['resolve', '-t', 'all-channels'], /^– messages .*\n {2}✓ messages:send .*by all-channels/],
    [['suggest', 'messages:send', 'branch:run'], /^ {2}options +--template all-channels --add branch:run\n/],
    [['drift', '-o', 'org:acme'], /^$/],
    [['whoami'], /^ {2}tokens .*tokens\.db\n {2}prefix +acme_test\n {2}actor +cli\n/],
    [['verify'], /^valid\n {2}id /],
    [
      ['explain', '-r', 'profiles:read'],
      /^refused: insufficient_permission\n {2}missing +profiles:read\n {2}to add +/,
      1,
    ],
    [['verify-audit', '-o', 'org:acme'], /^intact\n/],
    [['accounts', 'put', 'user:7', '--role', 'user:7=user'], /^user:7 is registered\.\n/],
    [['accounts', 'get', 'user:7'], /^ {2}id +user:7\n {2}type +owner\n/],
    [['accounts', 'disable', 'user:7'], /^user:7 is disabled\.\n/],
    [['accounts', 'enable', 'user:7'], /^user:7 is enabled\.\n/],
    [['accounts', 'delete', 'user:7', '--dry-run'], /^Would delete this account/],
    [['edit', id, '--tag', 'nightly'], /^Token \w+ "Sender" is changed\.\n/],
    [['disable', id], /^Token \w+ "Sender" is disabled\.\n/],
    [['enable', id], /^Token \w+ "Sender" is enabled\.\n/],
    [['revoke', id, '--dry-run'], /^Would revoke this token\. Nothing was changed\.\n/],
  ];

  test('for people and as JSON', async () => {
    for (const [args, begins, exit = 0] of results()) {
      const title = args.join(' ');
      const plain = await site.leastkey(args, { input: credential });
      assert.equal(plain.exit, exit, `${title}: ${plain.stderr}`);
      assert.match(plain.stdout, begins, title);
      assert.ok(!plain.stdout.includes('\u001b'), title);
      const json = await site.leastkey([...args, '--json'], { input: credential });
      assert.equal(json.exit, exit, `${title}: ${json.stderr}`);
      assert.equal(typeof json.json(), 'object', title);
      assert.equal(json.stderr, '', title);
    }
  });

  test('chosen members, and ids alone', async () => {
    const fields = await site.leastkey([
      'list',
      '-o',
      'org:acme',
      '--fields',
      'id,name,templates,lastUsedAt',
    ]);
    assert.equal(fields.stdout, `${id}\tSender\t[{"id":"all-channels","version":1}]\t\n`);
    const json = await site.leastkey(['get', id, '--fields', 'name,owner', '--json']);
    assert.deepEqual(json.json(), { name: 'Sender', owner: 'org:acme' });
    for (const args of [
      ['list', '-o', 'org:acme'],
      ['get', id],
      ['enable', id],
    ]) {
      const quiet = await site.leastkey([...args, '-q']);
      assert.deepEqual([quiet.stdout, quiet.stderr], [`${id}\n`, ''], args.join(' '));
    }
  });

  test('a narrow terminal gets fewer columns, and no line over its width', async () => {
    for (const columns of [60, 100]) {
      const { exit, text } = await onTerminal(['list', '-o', 'org:acme'], {
        environment: site.environment,
        columns,
      });
      assert.equal(exit, 0, text);
      assert.match(text, /ID +STATUS .*NAME/);
      assert.deepEqual(
        text.split('\n').filter((line) => line.length > columns),
        [],
      );
    }
  });
});
