/** The simulation of docs/scale.md: no isolate accepts a revoked token after its window. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../scripts/scale/simulation.mjs';

const settings = { isolates: 2_000, window: 5, rate: 20, latency: 0.15, loss: 0.2, timeout: 5, seed: 1 };

test('no isolate accepts a revoked token once the window is over', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const loss = (seed % 5) / 5;
    const { longest } = simulate({ ...settings, seed, loss, rate: seed, window: 1 + (seed % 7) });
    assert.ok(longest > 0 && longest < 1 + (seed % 7), `seed ${seed}: ${longest}`);
  }
});

test('isolates that verify all the time honour a revocation evenly over the window', () => {
  const { p50, p90, longest } = simulate({ ...settings, rate: 100, loss: 0, latency: 0.001 });
  assert.ok(
    Math.abs(p50 - 2.5) < 0.2 && Math.abs(p90 - 4.5) < 0.2 && longest > 4.9,
    `${p50} ${p90} ${longest}`,
  );
});

test('the same seed gives the same figures', () => {
  assert.deepEqual(simulate(settings), simulate(settings));
  assert.notDeepEqual(simulate(settings), simulate({ ...settings, seed: 2 }));
});
