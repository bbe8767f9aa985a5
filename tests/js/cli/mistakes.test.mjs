/**
 * Typical mistakes on the command line, with the words of other tools: each is answered with what
 * is wrong, where it is, and what would be right.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deployment, sender } from '../support/cli-process.mjs';

let site;
let id;
before(async () => {
  site = deployment('four-systems');
  const made = await site.leastkey(['create', ...sender, '--json']);
  assert.equal(made.exit, 0, made.stderr);
  id = made.json().record.id;
});
after(() => site.remove());

const create = ['create', ...sender];

/** The arguments, and the message. */
const MISTAKES = [
  [[...create, '--ttl', '90d'], 'unknown option --ttl; give --expires-in 90d or --expires-at'],
  [[...create, '--expires', '90d'], /unknown option --expires; did you mean --expires-at, --expires-in\?/],
  [[...create, '--permission', 'messages:send'], /unknown option --permission; give --template or --add/],
  [[...create, '--permissions', 'messages:send'], /unknown option --permissions; give --template or --add/],
  [[...create, '--scope', 'messages:send'], /unknown option --scope; give --template or --add/],
  [['create', 'Sender', ...sender.slice(2)], /create takes no argument "Sender"; give --name/],
  [
    ['create', ...sender.slice(0, -2), '--template', 'all-channels,reports'],
    /^--template: the catalog has no template "all-channels,reports"; give --template for each of them$/,
  ],
  [
    [...create, '--add', 'messages:send,messages:status'],
    /^--add: "messages:send,messages:status" has the character ','; .*; give --add for each of them$/,
  ],
  [['edit', 'ID', '--expires-in', '30d'], /unknown option --expires-in; leastkey renew gives a token/],
  [['revoke', 'ID', '--force'], 'unknown option --force; give --yes'],
  [['revoke', '--all'], /unknown option --all; leastkey revoke-all/],
  [['list', '-o', 'org:acme', '--format', 'json'], /unknown option --format; give --json or --fields/],
  [['list', '-o', 'org:acme', '--output', 'json'], /unknown option --output; give --json or --fields/],
  [['audit', 'ID'], /audit takes no argument "\w{16}"; give --token/],
  [['list', 'org:acme'], /list takes no argument "org:acme"; give --owner/],
  [['show', 'ID'], 'unknown command show; did you mean get?'],
  [['rm', 'ID'], 'unknown command rm; did you mean delete?'],
  [['new'], 'unknown command new; did you mean create?'],
  [['check'], /unknown command check; did you mean verify/],
  [['login'], /unknown command login; there is no login: .*LEASTKEY_API_TOKEN/],
  [
    ['verify', '--token', 'x'],
    /unknown option --token; a credential comes from standard input or LEASTKEY_TOKEN/,
  ],
  [['serve', '--host', '0.0.0.0'], /unknown option --host; serve answers this machine alone/],
  [
    ['store', 'check', './tokens.db'],
    /^<url>: expected the URL of a store, .*; of a SQLite file write sqlite:\.\/tokens\.db$/,
  ],
  [['completion', 'powershell'], /^<shell>: "powershell" is wrong\. Allowed choices are bash, zsh, fish\.$/],
  [
    ['catalog', 'types', 'CATALOG', '--out', '/no-such-folder/x.d.ts'],
    /^--out: cannot write \/no-such-folder\/x\.d\.ts: .*ENOENT/,
  ],
  [['init', '--folder', 'CATALOG/sub', '--yes', '--framework', 'node'], /^--folder: .*catalog|ENOTDIR/],
];

describe('a mistake on the command line', () => {
  for (const [words, message] of MISTAKES) {
    const name = words
      .slice(0, 1)
      .concat(words.filter((word) => !sender.includes(word)).slice(1))
      .join(' ');
    test(name, async () => {
      const places = { ID: id, CATALOG: site.environment.LEASTKEY_CATALOG };
      const args = words.map((word) => word.replace(/ID|CATALOG/g, (place) => places[place]));
      const { exit, stderr, stdout } = await site.leastkey(args);
      assert.deepEqual([exit, stdout], [2, ''], stderr);
      const said = stderr.replace(/^leastkey: /, '').split('\n')[0];
      if (typeof message === 'string') assert.equal(said, message);
      else assert.match(said, message);
    });
  }
});
