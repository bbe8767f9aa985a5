import type { DescribedKind } from '../../api/describe.js';
import { DAY } from '../text/times.js';

const HOUR = DAY / 24;
const USUAL = [0, HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY];

/** How long an old secret can go on beside a new one. */
export function gracesOf(rules: DescribedKind | undefined): { graces: number[]; usual: number } {
  const { grace, longestGrace } = rules?.rotation ?? { grace: DAY, longestGrace: DAY };
  const graces = [...new Set([...USUAL, grace, longestGrace])].filter((each) => each <= longestGrace);
  return { graces: graces.sort((a, b) => a - b), usual: grace };
}
