import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { Declined, Interrupted, UsageError } from '../exit-codes.js';
import { print, printJson, tell } from '../output.js';
import { canAsk } from '../prompt.js';
import { line, paint } from '../safe-text.js';
import { FRAMEWORKS, type Framework, PACKAGES, starterFiles } from '../starter-files.js';
import { targetOf } from '../target.js';
import { writeNamedFile } from '../write-file.js';

interface Options {
  framework?: Framework;
  folder: string;
  yes?: boolean;
}

export const init = new Command('init')
  .summary('write a catalog and a guarded server to start from')
  .description(
    'Writes catalog.json, deployment.mjs and server.mjs for the framework at hand, and says what to do next. It asks on a terminal, and never ' +
      'replaces a file.',
  )
  .addOption(
    new Option('--framework <name>', 'the framework (default: the one in package.json, or node)').choices(
      FRAMEWORKS,
    ),
  )
  .option('--folder <folder>', 'where to write', '.')
  .option('-y, --yes', 'do not ask')
  .addHelpText('after', '\nExample:\n  leastkey init --framework express --prefix acme_dev')
  .action(async ({ folder, yes = false, ...options }: Options, command: Command) => {
    const target = targetOf(command);
    const found = options.framework ?? (await frameworkIn(folder));
    const given = { framework: found, prefix: target.prefix || 'acme_dev' };
    const asks = !yes && !target.json && canAsk();
    const { framework, prefix } = asks ? await ask(given) : given;
    refuseWrongPrefix(prefix);
    const files = Object.entries(starterFiles(framework, prefix));
    const present = files.map(([name]) => join(folder, name)).filter((path) => existsSync(path));
    if (present.length > 0) {
      throw new UsageError(`${present.join(' and ')} would be replaced; choose another --folder`);
    }
    await mkdir(folder, { recursive: true }).catch((error: Error) => {
      throw new UsageError(`--folder: cannot make ${folder}: ${error.message}`);
    });
    for (const [name, text] of files)
      await writeNamedFile(join(folder, name), text, { option: '--folder', how: 'wx' });
    const written = files.map(([name]) => join(folder, name));
    if (target.json) return printJson({ framework, prefix, written });
    for (const path of written) tell(line`${paint(process.stderr, 'green', 'written')}  ${path}`);
    tell('\nNext:');
    const within = folder === '.' ? '' : `cd ${folder} && `;
    print(line`${within}npm install ${['leastkey', ...PACKAGES[framework]].join(' ')}
export LEASTKEY_DB=tokens.db LEASTKEY_CATALOG=catalog.json LEASTKEY_PREFIX=${prefix}
TOKEN=$(npx leastkey create --name First --kind permission-set --owner org:acme --template sender)
node server.mjs &
curl -X POST http://localhost:3000/messages -H "Authorization: Bearer $TOKEN"`);
  });

/** The framework among the dependencies of the package in a folder. */
async function frameworkIn(folder: string): Promise<Framework> {
  try {
    const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return FRAMEWORKS.find((name) => Object.hasOwn(dependencies, name)) ?? 'node';
  } catch {
    return 'node';
  }
}

/** As in src/value/credential/prefix.rs: the text is written into a script. */
const PREFIX = /^(?=.{1,32}$)[0-9A-Za-z]+(?:_[0-9A-Za-z]+)*$/;

function refuseWrongPrefix(prefix: string): void {
  if (PREFIX.test(prefix)) return;
  throw new UsageError('--prefix: expected letters and digits in groups joined by "_", such as acme_dev');
}

interface Answers {
  framework: Framework;
  prefix: string;
}

async function ask(given: Answers): Promise<Answers> {
  const clack = await import('@clack/prompts');
  const output = process.stderr;
  const answer = async <T>(asked: Promise<T>): Promise<Exclude<T, symbol>> => {
    const value = await asked;
    if (clack.isCancel(value)) throw new Interrupted('nothing was written');
    return value as Exclude<T, symbol>;
  };
  clack.intro('A guarded server to start from', { output });
  const options = FRAMEWORKS.map((value) => ({ value, label: value === 'node' ? 'node:http' : value }));
  const framework = await answer(
    clack.select<Framework>({ message: 'Which framework?', options, initialValue: given.framework, output }),
  );
  const prefix = await answer(
    clack.text({
      message: 'How do credentials begin? One prefix for each environment',
      initialValue: given.prefix,
      validate: (text) => (PREFIX.test(text ?? '') ? undefined : 'Letters and digits, joined by _'),
      output,
    }),
  );
  if (
    !(await answer(clack.confirm({ message: 'Write catalog.json, deployment.mjs and server.mjs?', output })))
  ) {
    throw new Declined('nothing was written');
  }
  return { framework, prefix };
}
