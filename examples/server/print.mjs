/**
 * A walk for a person: a block of lines to paste into another terminal. Each line is complete and
 * asks nothing, because a question would take the next line for its answer.
 */

import { commandLine, curl, environmentOf, introduce, paint } from './screen.mjs';

/** The block starts and ends with a line that is not indented. */
export function printWalk(begun, origin) {
  const settings = Object.entries(environmentOf(begun.deployment)).map((setting) => setting.join('='));
  const lines = [
    ...introduce(begun),
    '',
    '  Paste these lines into another terminal, in this folder. The credential is shown this once.',
    '',
    `    TOKEN=${paint('yellow', begun.credential)}`,
    `    export ${commandLine(settings)}`,
  ];
  for (const step of begun.steps) {
    const { title, command } = step;
    lines.push(`    ${paint('dim', commandLine(['echo', `# ${title} (${expectation(step)})`]))}`);
    lines.push(
      `    ${command === undefined ? curl(step, origin) : `${commandLine(['npx', 'leastkey', ...command])}; echo "exit code $?"`}`,
    );
  }
  console.log(`${lines.join('\n')}\n`);
}

function expectation({ expect: { status, exit }, keep }) {
  if (keep !== undefined) return `kept in ${Object.keys(keep)}`;
  return status === undefined ? `expect exit code ${exit}` : `expect ${status}`;
}
