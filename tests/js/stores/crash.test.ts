import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, deployment } from '../support/deployment.js';
import { ending, lines, start } from '../support/processes.js';
import { temporaryFile } from '../support/temporary-file.js';

const KILLS = 60;

test(`killed ${KILLS} times in the middle of creates: the database opens, acknowledged tokens verify, nothing is half-written`, async () => {
  const file = temporaryFile();
  const acknowledged: string[] = [];
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start('create-until-killed', file.path, String(kill));
      // Killed at a different count each time; it creates tokens until the signal arrives.
      const last = 1 + (kill % 9);
      let count = 0;
      for await (const token of lines(child)) {
        acknowledged.push(token);
        count += 1;
        if (count === last) child.kill('SIGKILL');
      }
      assert.equal(await ending(child), 'SIGKILL');
      await inspect(file.path, acknowledged, acknowledged.slice(-count), kill + 1);
    }
    await inspect(file.path, acknowledged, acknowledged, KILLS);
  } finally {
    file.remove();
  }
});

/** Opens the database that the killed processes left. */
async function inspect(path: string, acknowledged: string[], verify: string[], kills: number): Promise<void> {
  const store = sqliteStore({ path });
  try {
    const tokens = await deployment({ store });
    for (const token of verify) assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await tokens.list({ owner: 'org:acme', limit: 200, ...(after && { after }) }, admin);
      assert.equal(page.unreadable, undefined);
      listed.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    const ids = new Set(listed);
    for (const token of acknowledged) assert.ok(ids.has(idOf(token)), 'an acknowledged token is listed');
    // Each killed process completed at most one create without reporting it.
    assert.ok(
      listed.length <= acknowledged.length + kills,
      `${listed.length} listed, ${acknowledged.length} reported`,
    );
    const records = store.list({ prefix: 'token/', limit: 1_000 });
    assert.equal(Math.min(listed.length, 1_000), records.length, 'every record is listed');
  } finally {
    store.close();
  }
}

/** A credential is prefix, `_`, one character of version, 16 of id, and the rest. */
function idOf(token: string): string {
  return token.slice(token.lastIndexOf('_') + 2).slice(0, 16);
}
