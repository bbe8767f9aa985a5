/**
 * The second race: as many personal tokens as fit into the cache of an instance, each of an owner
 * of its own.
 */

import { PERSONAL } from '../scenario.mjs';
import * as edge from './edge.mjs';
import * as leastkey from './leastkey.mjs';

const membersOf = (at) => ({ owner: `user:${at}` });

const personal =
  (contestant) =>
  ({ count = PERSONAL } = {}) =>
    contestant({ count, membersOf });

export const verifySync = personal(leastkey.verifySync);
export const verify = personal(leastkey.verify);
export const verifyMany = personal(leastkey.verifyMany);

export const edgeVerifySync = personal(edge.verifySync);
export const edgeVerifySyncAndRead = personal(edge.verifySyncAndRead);
export const edgeVerify = personal(edge.verify);
export const edgeVerifyMany = personal(edge.verifyMany);
