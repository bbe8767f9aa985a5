/**
 * The instructions of a cache hit, of reading a record and of a miss, counted by callgrind, are
 * within instruction-budget.json. Counts do not depend on the load of the machine.
 */

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { instructionsOf, profileOf } from '../../benches/callgrind.mjs';
import { inClone, root } from '../paths.mjs';
import { installPrograms, isLeftOut } from '../setup/programs.mjs';
import { Failure } from '../shell/failure.mjs';

const budgetFile = 'instruction-budget.json';

/** A budget that is so many times its count no longer holds what was reached. */
const LOOSE = 1.15;

export function instructionChecks() {
  const why = notCounted();
  if (why !== undefined) {
    console.log(`The instructions of the core are not counted: ${why}.`);
    return [];
  }
  return [
    {
      key: 'valgrind-apt',
      label: 'Core: valgrind is there, which counts instructions',
      estimate: 15_000,
      provides: 'valgrind',
      work: () => installPrograms(['valgrind']),
    },
    {
      key: 'instructions',
      label: 'Core: a hit, a record and a miss are within their budget of instructions',
      estimate: 60_000,
      needs: 'valgrind',
      work: async () => {
        const { instructions: budget } = JSON.parse(readFileSync(inClone(budgetFile), 'utf8'));
        const report = reportOf(budget, await instructionsOf(Object.keys(budget)));
        if (report.isOver) throw new Failure(report.text);
        if (report.isLoose) console.log(report.text);
      },
    },
  ];
}

/** Why this machine does not count, if it does not. */
function notCounted() {
  if (isLeftOut('valgrind')) return 'LEASTKEY_WITHOUT names valgrind';
  return process.arch === 'x64' ? undefined : `${budgetFile} is of x86-64, and this is ${process.arch}`;
}

/**
 * Compares each budget with its count.
 * @param {Record<string, number>} budget
 * @param {Map<string, number>} counted
 */
export function reportOf(budget, counted) {
  const rows = Object.entries(budget).map(([name, most]) => ({ name, most, count: counted.get(name) }));
  const over = rows.filter(({ most, count }) => count > most);
  const loose = rows.filter(({ most, count }) => most > count * LOOSE);
  const lines = [...over, ...loose].map(
    ({ name, most, count }) =>
      `  ${name}: ${inDigits(count)} instructions, ${inDigits(Math.abs(count - most))} (${(Math.abs(count / most - 1) * 100).toFixed(1)} %) ` +
      `${count > most ? 'over' : 'under'} its budget of ${inDigits(most)}`,
  );
  const advice = [
    over.length > 0 &&
      `Where they go: callgrind_annotate ${relative(root, profileOf(over[0].name))}\n` +
        `Make it cheaper, or raise the budget in ${budgetFile} in the commit that needs it and say why.`,
    loose.length > 0 && `Lower the budget in ${budgetFile} of what is far under it, so that it stays so.`,
  ];
  const text = ['Instructions of one call, on average:', ...lines, ...advice.filter(Boolean)].join('\n');
  return { isOver: over.length > 0, isLoose: loose.length > 0, text };
}

const inDigits = (count) => count.toLocaleString('en-US');
