/**
 * A walk for a person: the lines to type in another terminal, and the expected response of each.
 */

import { commandLine, curl, environmentOf, introduce, paint } from './screen.mjs';

export function printWalk(begun, origin) {
  const settings = Object.entries(environmentOf(begun.deployment)).map((setting) => setting.join('='));
  const lines = [
    ...introduce(begun),
    '',
    '  Type these lines in another terminal, in this folder. The credential is shown this once.',
    '',
    `    TOKEN=${paint('yellow', begun.credential)}`,
    `    export ${commandLine(settings)}`,
  ];
  for (const { title, request, command, expect } of begun.steps) {
    lines.push('', `    ${paint('dim', `# ${title} (expect ${expected(expect)})`)}`);
    lines.push(
      `    ${request === undefined ? commandLine(['npx', 'leastkey', ...command]) : curl(request, origin)}`,
    );
  }
  console.log(`${lines.join('\n')}\n`);
}

const expected = ({ status, exit }) => (status === undefined ? `exit code ${exit}` : status);
