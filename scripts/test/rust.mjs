/** The checks of the Rust code, compiled natively. */

import { run } from '../shell/run.mjs';
import { cargoCounts } from './counts.mjs';

const cargo = (args, env) => run('cargo', args, { env });

const tool = ['--manifest-path', 'tools/wasm-bindgen/Cargo.toml'];

export const rustChecks = [
  {
    key: 'rustfmt',
    label: 'Rust: formatting',
    estimate: 1_000,
    work: async () => {
      await cargo(['fmt', '--check']);
      await cargo(['fmt', '--check', ...tool]);
    },
  },
  {
    key: 'clippy',
    label: 'Rust: lint (clippy)',
    estimate: 25_000,
    work: async () => {
      await cargo(['clippy', '--locked', '--all-targets', '--', '-D', 'warnings']);
      await cargo(['clippy', '--locked', '--all-targets', '--features', 'driver', '--', '-D', 'warnings']);
      await cargo(['clippy', '--locked', '--lib', '--no-default-features', '--', '-D', 'warnings']);
    },
  },
  {
    key: 'cargo-test',
    label: 'Rust: unit, property and documentation tests',
    estimate: 90_000,
    counts: cargoCounts,
    work: () => cargo(['test', '--locked', '--no-fail-fast', '--features', 'driver']),
  },
  {
    key: 'cargo-doc',
    label: 'Rust: documentation builds without warnings',
    estimate: 10_000,
    work: () =>
      cargo(['doc', '--locked', '--no-deps', '--workspace', '--features', 'leastkey/driver'], {
        RUSTDOCFLAGS: '-D warnings',
      }),
  },
  {
    key: 'public-api',
    label: 'Rust: the API for programs is the one that is committed',
    estimate: 3_000,
    work: () => run(process.execPath, ['scripts/public-api.mjs', '--check']),
  },
];
