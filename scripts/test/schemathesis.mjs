/** Runs Schemathesis on a served OpenAPI document: no server error, and no undeclared response. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installSchemathesis } from '../setup/schemathesis.mjs';
import { Failure } from '../shell/failure.mjs';
import { run } from '../shell/run.mjs';

/**
 * Valid requests may still be refused, for example for a template that the catalog does not have.
 */
const checks = ['--exclude-checks', 'positive_data_acceptance'];
/** The same requests in each run, so that failures are reproducible. */
const bounds = ['--max-examples', '20', '--seed', '1', '--suppress-health-check', 'all', '--warnings', 'off'];

/**
 * `program` serves until it is ended, and prints where its document is and the configuration that
 * lets Schemathesis in.
 */
export async function runSchemathesis(program, cwd) {
  const python = await installSchemathesis();
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-schemathesis-'));
  const server = spawn(process.execPath, [program], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'close');
  let failures = '';
  server.stderr.setEncoding('utf8').on('data', (text) => {
    failures += text;
  });
  try {
    const [line = '{}'] = await Promise.race([
      once(createInterface({ input: server.stdout }), 'line'),
      ended,
    ]);
    const { document, config } = JSON.parse(line);
    if (document === undefined) throw new Failure(`The server of the API did not start.\n${failures}`);
    writeFileSync(join(folder, 'config.toml'), config);
    const command = ['-m', 'schemathesis.cli', '--config-file', 'config.toml', 'run', document];
    await run(python, [...command, ...checks, ...bounds], { cwd: folder, env: { NO_COLOR: '1' } });
  } finally {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
  if (failures !== '') throw new Failure(`The server of the API reported failures:\n${failures}`);
}
