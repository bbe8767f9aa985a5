/**
 * The checks of the crates in native/, which `npm test` leaves out: SQLite and a server take
 * minutes to compile. `npm run test:native`.
 */

import { inClone } from '../paths.mjs';
import { installServers } from '../setup/servers.mjs';
import { run } from '../shell/run.mjs';
import { cargoCounts, tapCounts } from './counts.mjs';

const cargo = (args, env) => run('cargo', args, { cwd: inClone('native'), env });

/** @param {import('./consumer.mjs').Consumer} consumer */
export function nativeChecks(consumer) {
  return [
    {
      key: 'native-lint',
      label: 'Native crates: formatting, lint (clippy), documentation',
      estimate: 120_000,
      work: async () => {
        await cargo(['fmt', '--all', '--check']);
        await cargo(['clippy', '--locked', '--all-targets', '--', '-D', 'warnings']);
        await cargo(['doc', '--locked', '--no-deps'], { RUSTDOCFLAGS: '-D warnings' });
      },
    },
    {
      key: 'native-publish',
      label: 'The crates could be published: packed, and compiled from their packages',
      estimate: 120_000,
      work: async () => {
        const publish = ['publish', '--dry-run', '--locked', '--allow-dirty'];
        await run('cargo', [...publish, '-p', 'leastkey', '--features', 'driver']);
        const crates = ['leastkey-sqlite', 'leastkey-postgres', 'leastkey-axum'].flatMap((name) => [
          '-p',
          name,
        ]);
        // The registry does not have the crate that they depend on.
        await cargo([...publish, ...crates, '--config', 'patch.crates-io.leastkey.path=".."']);
      },
    },
    {
      key: 'native-test',
      label: 'Native crates: SQLite, PostgreSQL and axum, tests and documentation tests',
      estimate: 120_000,
      counts: cargoCounts,
      work: () => cargo(['test', '--locked', '--no-fail-fast']),
    },
    {
      key: 'native-peer',
      label: 'Native crates: a process for the tests, and PostgreSQL, are there',
      estimate: 60_000,
      needs: 'compiled tests',
      provides: 'peer',
      work: async () => {
        await installServers(['postgresql']);
        await cargo(['build', '--locked', '--release', '-p', 'leastkey-peer']);
        process.env.LEASTKEY_PEER = inClone('native/target/release/leastkey-peer');
      },
    },
    {
      key: 'native-shared',
      label: 'Rust and JavaScript: one store and one deployment, both writing',
      estimate: 30_000,
      needs: 'peer',
      counts: tapCounts,
      work: () => consumer.runServerTests('tests/js/native'),
    },
  ];
}
