/** Runs a walk: real requests over loopback, and `leastkey` in a separate process. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { headersOf } from './request.mjs';
import { commandLine, curl, environmentOf, introduce, paint } from './screen.mjs';

const leastkey = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('leastkey')));

/** Runs every step, prints it with its response, and counts the unexpected responses. */
export async function runWalk(begun, origin) {
  console.log(
    [
      ...introduce(begun),
      '',
      '  Its credential, shown this once:',
      `    ${paint('yellow', begun.credential)}`,
      '',
    ].join('\n'),
  );
  let wrong = 0;
  const secrets = { TOKEN: begun.credential };
  for (const step of begun.steps) {
    const answer = step.request
      ? await send(step, origin, secrets)
      : await run(step.command, begun.deployment);
    const faults = faultsOf(answer, step.expect);
    wrong += faults.length > 0 ? 1 : 0;
    const mark = faults.length > 0 ? paint('red', '✗') : paint('green', '✓');
    const shown = answer.shown.map((line) => (line === '' ? '' : `      ${line}`));
    const line = step.request ? curl(step, origin) : commandLine(['npx', 'leastkey', ...step.command]);
    console.log([`  ${mark} ${step.title}`, `    ${paint('dim', '$')} ${line}`, ...shown].join('\n'));
    for (const fault of faults) console.log(`      ${paint('red', fault)}`);
    console.log();
  }
  return wrong;
}

/** Sends the request of a step, and puts what it keeps into `secrets`. */
async function send({ request, keep = {} }, origin, secrets) {
  const { method, path, body } = request;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: headersOf(request, secrets),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = (await response.text()).trim();
  const challenge = response.headers.get('WWW-Authenticate');
  for (const [name, member] of Object.entries(keep)) secrets[name] = membersOf(text)[member];
  const shown = [`HTTP ${response.status} ${response.statusText}`];
  if (challenge !== null) shown.push(`WWW-Authenticate: ${challenge}`);
  return { status: response.status, challenge, shown: [...shown, text] };
}

function membersOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function run(command, deployment) {
  const child = spawn(process.execPath, [leastkey, ...command], {
    env: { ...process.env, ...environmentOf(deployment) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
  }
  const [exit, signal] = await once(child, 'close');
  return {
    exit: exit ?? signal,
    shown: [...text.trim().split('\n'), `exit code ${exit ?? signal}`],
  };
}

function faultsOf(answer, expect) {
  const faults = [];
  for (const name of ['status', 'exit']) {
    if (answer[name] !== expect[name]) faults.push(`expected ${name} ${expect[name]}, got ${answer[name]}`);
  }
  if (expect.challenge !== undefined && !answer.challenge?.includes(expect.challenge)) {
    faults.push(`expected a challenge with ${expect.challenge}, got ${answer.challenge ?? 'none'}`);
  }
  return faults;
}
