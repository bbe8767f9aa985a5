import { Command, Option } from 'commander';
import type { ImportReport, KeyRow } from '../../api/import-keys.js';
import { fromBetterAuth, fromKeypal, type KeyMapping, type ReadKeys } from '../../import/index.js';
import { exits, UsageError } from '../exit-codes.js';
import { isLeastkeyError } from '../is-leastkey-error.js';
import { withTokens } from '../open-deployment.js';
import { print, printJson, tell } from '../output.js';
import { interruption, Progress } from '../progress.js';
import { parseJson, readText } from '../read-file.js';
import { line } from '../safe-text.js';
import { targetOf } from '../target.js';

interface Options {
  from?: 'better-auth' | 'keypal' | 'rows';
  mapping?: string;
  kind?: string;
  owner?: string;
  dryRun?: boolean;
}

type FileOutcomes = ImportReport & Pick<ReadKeys, 'leftOut' | 'notes'>;

export const importKeys = new Command('import-keys')
  .summary('import keys that another system issued and hashed')
  .description(
    'Imports the hashed keys of another system from a JSON array or JSON Lines. They keep working unchanged. A row ' +
      'that cannot be imported is reported, and the others continue; existing keys are not changed.',
  )
  .argument('<file>', 'the rows; - for standard input')
  .addOption(
    new Option(
      '--from <system>',
      'the system of the rows (required); rows: in the form of importKeys',
    ).choices(['better-auth', 'keypal', 'rows']),
  )
  .option('--mapping <file>', 'a JSON file that maps their values to yours: { kind, owner, permissions, … }')
  .option('-k, --kind <kind>', 'the kind of all created tokens, such as personal')
  .option(
    '-o, --owner <resource>',
    'the owner of each key; {id} stands for the owner id in their table: user:{id}',
  )
  .option('--dry-run', 'show what would happen, and change nothing')
  .addHelpText(
    'after',
    '\nExample:\n  leastkey import-keys apikey.json --from better-auth --kind personal --owner "user:{id}" --imported old_ --dry-run',
  )
  .action(async (file: string, options: Options, command: Command) => {
    if (options.from === undefined) {
      throw new UsageError('which system are the rows from? Give --from better-auth, keypal or rows');
    }
    const read = readRows(rowsIn(await readText(file), file), options.from, await mappingOf(options));
    const target = targetOf(command);
    if (target.imported === undefined)
      throw new UsageError(
        'how do the keys begin? Give --imported <prefix>: without it none of them verifies',
      );
    const { dryRun = false } = options;
    const progress = new Progress();
    const report = await withTokens(
      target,
      { makesDatabase: !dryRun, needsPrefix: true, needsCatalog: true },
      (tokens, actor) =>
        tokens.importKeys(read.rows, actor, {
          dryRun,
          signal: interruption(),
          onProgress: ({ imported, exists, failed }) => {
            const count = imported + exists + failed;
            progress.show(line`${count} of ${read.rows.length} rows`, count);
          },
        }),
    )
      .finally(() => progress.end())
      .catch((error: unknown) => {
        const so = isLeastkeyError(error) ? (error.report as ImportReport | undefined) : undefined;
        if (so !== undefined && so.outcomes.length > 0 && !target.json)
          tellOutcomes(placed(so, read), dryRun);
        throw error;
      });
    if (report.failed > 0) process.exitCode = exits.refused;
    if (!report.complete) process.exitCode = exits.interrupted;
    const placed_ = placed(report, read);
    if (target.json) return printJson(dryRun ? { dryRun, ...placed_ } : placed_);
    tellOutcomes(placed_, dryRun);
  });

/** The outcomes of the rows of the file: imported rows and rows that were left out. */
function placed(report: ImportReport, { sources, leftOut, notes }: ReadKeys): FileOutcomes {
  const outcomes = report.outcomes.map((outcome) => ({ ...outcome, row: sources[outcome.row] as number }));
  return { ...report, outcomes, leftOut, notes };
}

function rowsIn(content: string, file: string): unknown[] {
  if (content.trimStart().startsWith('[')) return parseJson(content, file) as unknown[];
  return content
    .split(/\r?\n/)
    .flatMap((row, index) => (row.trim() === '' ? [] : [parseJson(row, file, { firstLine: index + 1 })]));
}

async function mappingOf({ mapping, kind, owner }: Options): Promise<KeyMapping> {
  const members = mapping === undefined ? {} : parseJson(await readText(mapping), mapping);
  return {
    ...(members as KeyMapping),
    ...(kind !== undefined && { kind }),
    ...(owner !== undefined && { owner }),
  };
}

function readRows(rows: unknown[], from: NonNullable<Options['from']>, mapping: KeyMapping): ReadKeys {
  if (from === 'rows') {
    return { rows: rows as KeyRow[], sources: rows.map((_, index) => index), leftOut: [], notes: [] };
  }
  if (mapping.kind === undefined || mapping.owner === undefined) {
    throw new UsageError(
      'what do the keys become? Give --kind and --owner, or a --mapping with kind and owner',
    );
  }
  return from === 'better-auth' ? fromBetterAuth(rows, mapping) : fromKeypal(rows, mapping);
}

/** The outcomes of the rows, by their place in the file. */
function tellOutcomes(
  { imported, exists, failed, complete, outcomes, leftOut, notes }: FileOutcomes,
  dryRun: boolean,
): void {
  for (const { row, path, message } of notes) tell(line`row ${row}, ${path}: ${message}`);
  for (const { row, path, message } of leftOut) tell(line`row ${row} is left out, ${path}: ${message}`);
  for (const outcome of outcomes) {
    if (outcome.outcome !== 'failed') continue;
    tell(line`row ${outcome.row} failed: ${outcome.message.replaceAll('\n', '; ')}`);
  }
  const left = new Set(leftOut.map(({ row }) => row)).size;
  const counts = `${imported} imported, ${exists} there before, ${failed} failed, ${left} left out`;
  print(dryRun ? line`Would be: ${counts}. Nothing was changed.` : line`${counts}.`);
  if (!complete) tell('It was interrupted. The same command does the rest.');
}
