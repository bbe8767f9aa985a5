import { Command } from 'commander';
import { type BundleDiff, type CatalogDiff, diffOf, isSame, type RouteNeeds } from '../catalog-diff.js';
import { counted } from '../counted.js';
import { exits } from '../exit-codes.js';
import { validateCatalog, withTokens } from '../open-deployment.js';
import { print, printJson, printPaged, tell } from '../output.js';
import { readCatalog } from '../read-catalog.js';
import { type Legible, line, paint, type Said } from '../safe-text.js';
import { table } from '../table.js';
import { hasTypedPlace, type Target, targetOf } from '../target.js';
import {
  type ReadableTokens,
  type TouchedReport,
  type TouchedToken,
  tokensOfApi,
  tokensOfStore,
  touchedTokens,
} from '../touched-tokens.js';

interface Options {
  tokens?: boolean;
  owner?: string;
  exitCode?: boolean;
}

export const catalogDiff = new Command('diff')
  .summary('show what a new version of a catalog changes')
  .description(
    'Compares two versions of a catalog: which permissions, routes, permission sets, roles and kinds are added (+), removed (-), renamed or ' +
      'changed (~). With --db, --store or --url, also which tokens that touches: those that lose a permission or have it by another id, and those whose ' +
      'permission set is other now. It changes nothing: grants are frozen.',
  )
  .argument('<old>', 'the catalog now')
  .argument('<new>', 'the catalog to be')
  .option(
    '--tokens',
    'also which tokens it touches; --db, --store and --url mean that too, their variables do not',
  )
  .option('-o, --owner <resource>', 'only tokens of this owner and below it (default: all tokens)')
  .option('--exit-code', 'exit 1 if there is a difference')
  .addHelpText(
    'after',
    '\nExample:\n  git show HEAD:catalog.json > old.json && leastkey catalog diff old.json catalog.json --db tokens.db',
  )
  .action(async (old: string, next: string, options: Options, command: Command) => {
    const { tokens: asksForTokens = false, exitCode = false, owner } = options;
    const target = targetOf(command);
    const looksAtTokens = asksForTokens || owner !== undefined || hasTypedPlace(command);
    const sources = [await readCatalog(old), await readCatalog(next)] as const;
    const [before, after] = [
      { catalog: sources[0].catalog, tokens: await validateCatalog(sources[0]) },
      { catalog: sources[1].catalog, tokens: await validateCatalog(sources[1]) },
    ];
    const diff = diffOf(before, after);
    const catalogs = [before.catalog, after.catalog] as const;
    const touched = looksAtTokens
      ? await withReadableTokens({ ...target, catalog: old }, owner ?? '', (tokens) =>
          touchedTokens(tokens, catalogs, diff),
        )
      : undefined;
    if (exitCode && !isSame(diff)) process.exitCode = exits.refused;
    if (target.json) return printJson({ ...diff, ...(touched !== undefined && { touched }) });
    await printPaged([...linesOf(diff)]);
    if (isSame(diff)) tell('There is no difference.');
    if (touched !== undefined) showTouched(touched);
  });

async function withReadableTokens<T>(
  target: Target,
  owner: string,
  work: (tokens: ReadableTokens) => Promise<T>,
): Promise<T> {
  if (target.url === undefined)
    return withTokens(target, { needsCatalog: true }, (tokens, actor) =>
      work(tokensOfStore(tokens, actor, owner)),
    );
  const { clientOf } = await import('../remote.js');
  return work(tokensOfApi(await clientOf(target), owner));
}

function* linesOf({ permissions, routes, templates, roles, kinds }: CatalogDiff): Generator<Legible> {
  const { added, removed, renamed, deprecated } = permissions;
  yield* section('Permissions', [
    ...added.map(plus),
    ...renamed.map(({ from, to }) => tilde(`${from.join(' and ')} → ${to}`)),
    ...removed.map(({ id, isRetired }) => minus(id, isRetired ? 'retired' : NOT_RETIRED)),
    ...deprecated.map((id) => tilde(id, 'deprecated')),
  ]);
  const needs = ({ needs }: RouteNeeds) => `needs ${needs.join(' and ')}`;
  yield* section('Routes', [
    ...routes.added.map((route) => plus(route.route, needs(route))),
    ...routes.removed.map((route) => minus(route.route, needs(route).replace('needs', 'needed'))),
    ...routes.changed.map(({ route, before, after }) =>
      tilde(route, `needs ${after.join(' and ')}, needed ${before.join(' and ')}`),
    ),
  ]);
  yield* section('Permission sets', bundleLines(templates));
  yield* section('Roles', bundleLines(roles));
  yield* section('Kinds', [
    ...kinds.added.map(plus),
    ...kinds.removed.map(({ id, isRetired }) => minus(id, isRetired ? 'retired' : NOT_RETIRED)),
    ...kinds.changed.map(({ id, members }) => tilde(id, members.join(', '))),
  ]);
}

const NOT_RETIRED = 'not in "retired": a later catalog could define it with another meaning';

function bundleLines({ added, removed, changed }: BundleDiff): Legible[] {
  return [
    ...added.map(plus),
    ...removed.map((id) => minus(id)),
    ...changed.flatMap(({ id, adds, drops, version }) => [
      tilde(id, version && versionChange(version, adds.length + drops.length > 0)),
      ...adds.map((permission) => line`    ${paint(process.stdout, 'green', `+ ${permission}`)}`),
      ...drops.map((permission) => line`    ${paint(process.stdout, 'red', `- ${permission}`)}`),
    ]),
  ];
}

function versionChange([before, after]: [number, number], isOther: boolean): string {
  if (before !== after) return `version ${before} → ${after}`;
  return isOther ? `still version ${before}: count it up, records keep the version` : '';
}

function* section(title: string, lines: readonly Legible[]): Generator<Legible> {
  if (lines.length === 0) return;
  yield line`${paint(process.stdout, 'bold', title)}`;
  yield* lines;
}

const marked = (mark: Said, text: string, note = '') =>
  line`  ${mark} ${text}${note === '' ? '' : line`  ${paint(process.stdout, 'dim', note)}`}`;
const plus = (text: string, note?: unknown) =>
  marked(paint(process.stdout, 'green', '+'), text, typeof note === 'string' ? note : '');
const minus = (text: string, note?: string) => marked(paint(process.stdout, 'red', '-'), text, note);
const tilde = (text: string, note?: string) => marked(paint(process.stdout, 'yellow', '~'), text, note);

function showTouched({ scanned, tokens, templates, unreadable }: TouchedReport): void {
  if (tokens.length > 0) print(line`\n${table(tokens, COLUMNS, process.stdout)}`);
  if (unreadable.length > 0) tell(line`\nRecords that cannot be read: ${unreadable.join(' ')}`);
  const losing = tokens.filter(({ loses }) => loses.length > 0).length;
  tell(
    line`\n${tokens.length} of ${counted(scanned, 'token')} would be touched; ${losing} would lose a permission.`,
  );
  for (const [id, count] of Object.entries(templates))
    tell(
      line`Of the permission set ${id}: ${counted(count, 'token')}. Grants are frozen; leastkey drift shows the difference.`,
    );
}

const COLUMNS = [
  { title: 'ID', text: ({ id }: TouchedToken) => id },
  { title: 'OWNER', text: ({ owner }: TouchedToken) => owner, optional: true },
  { title: 'WOULD LOSE', text: ({ loses }: TouchedToken) => loses.join(' ') || 'nothing' },
  { title: 'RENAMED', text: ({ renamed }: TouchedToken) => renamed.join(' ') || '–', optional: true },
  {
    title: 'CHANGED SETS',
    text: ({ templates }: TouchedToken) => templates.join(' ') || '–',
    optional: true,
  },
  {
    title: 'NAME',
    text: ({ name, kindRemoved }: TouchedToken) => (kindRemoved ? `${name} (its kind is removed)` : name),
  },
];
