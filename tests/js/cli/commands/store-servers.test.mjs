/**
 * A store moves from a file to a server, as a restored backup would come there, and what the backup
 * undid is ended again: `leastkey` with the URL of each server.
 */

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { deployment } from '../../support/cli-process.mjs';
import { startEtcd } from '../../support/servers/etcd-server.js';
import { startPostgres } from '../../support/servers/postgres-server.js';
import { startRedis } from '../../support/servers/redis-server.js';
import { leftOut } from '../../support/servers/server-process.js';

/** By the name that `LEASTKEY_WITHOUT` has for their server. */
const servers = {
  async postgresql() {
    const server = await startPostgres();
    return { url: server.url(), stop: () => server.stop() };
  },
  async redis() {
    const server = await startRedis();
    return { url: server.url, stop: () => server.stop() };
  },
  async etcd() {
    const cluster = await startEtcd();
    return { url: `etcd://${new URL(cluster.endpoints[0]).host}`, stop: () => cluster.stop() };
  },
};

const MANY = 250;

for (const [name, start] of Object.entries(servers)) {
  describe(`leastkey on ${name}`, { skip: leftOut(name) }, () => {
    const cli = deployment();
    after(() => cli.remove());

    test('takes a copy of a backup, long lists too, and ends again what it undid', async () => {
      const catalog = JSON.parse(readFileSync(cli.environment.LEASTKEY_CATALOG, 'utf8'));
      const permissions = Object.fromEntries(
        Array.from({ length: MANY }, (_, at) => [`p${at}`, 'One of many']),
      );
      catalog.services.many = { title: 'Many', permissions };
      const catalogFile = join(cli.folder, 'catalog.json');
      writeFileSync(catalogFile, JSON.stringify(catalog));

      const run = async (args, env, input) => {
        const answer = await cli.leastkey(args, { env: { LEASTKEY_CATALOG: catalogFile, ...env }, input });
        assert.equal(answer.exit, 0, `${args.join(' ')}: ${answer.stderr}`);
        return answer;
      };
      const create = async (title) => {
        const kind = ['--kind', 'permission-set', '--owner', 'org:acme', '--add', 'many:**'];
        return (await run(['create', '--name', title, ...kind, '--json'])).json();
      };
      const [kept, revoked] = [await create('Kept'), await create('Revoked')];
      const file = cli.environment.LEASTKEY_DB;
      sqliteStore({ path: file }).close();
      const backup = join(cli.folder, 'backup.db');
      copyFileSync(file, backup);
      await run(['revoke', revoked.record.id, '--yes']);
      const audit = join(cli.folder, 'audit.jsonl');
      writeFileSync(audit, (await run(['audit', '--owner', 'org:acme', '--export'])).stdout);

      const server = await start();
      try {
        await run(['store', 'copy', `sqlite:${backup}`, server.url, '--yes', '--wait', '0']);
        const there = { LEASTKEY_DB: undefined, LEASTKEY_STORE: server.url };
        const codeOf = async ({ token }) =>
          (
            await cli.leastkey(['verify', '--require', `many:p${MANY - 1}`, '--json'], {
              env: { LEASTKEY_CATALOG: catalogFile, ...there },
              input: token,
            })
          ).json().code;
        assert.deepEqual([await codeOf(kept), await codeOf(revoked)], ['valid', 'valid']);
        const { endings } = (
          await run(['store', 'reconcile', '--audit', audit, '--yes', '--json'], there)
        ).json();
        assert.deepEqual(
          endings.map(({ token }) => token),
          [revoked.record.id],
        );
        assert.deepEqual([await codeOf(kept), await codeOf(revoked)], ['valid', 'revoked']);
        const shown = (await run(['get', kept.record.id, '--json'], there)).json();
        assert.equal(shown.permissions.length, MANY);
      } finally {
        await server.stop();
      }
    });
  });
}
