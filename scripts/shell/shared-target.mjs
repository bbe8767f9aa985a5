/**
 * Cargo in a target folder that all clones share, for the sake of the compiled libraries. To Cargo
 * the crates of two clones are the same ones: it identifies them by their path in the workspace,
 * and takes what another clone has compiled for current if that is newer than the sources here. So
 * one clone compiles at a time, and touches its sources first.
 */

import { utimesSync } from 'node:fs';
import { withLock } from './lock.mjs';

/**
 * Does the work while no other clone uses the target folder.
 * @param {string} folder
 * @param {string[]} sources a file of each crate in the clone
 * @param {() => Promise<string>} work calls cargo
 */
export function inSharedTarget(folder, sources, work) {
  const onWait = () => console.log('  Another clone is compiling; waiting until it is done.');
  return withLock(`${folder}.lock`, onWait, () => {
    for (const source of sources) utimesSync(source, new Date(), new Date());
    return work();
  });
}
