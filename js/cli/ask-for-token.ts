/** The questions of `create` on a terminal. A cancellation leaves nothing: the token comes last. */

import * as clack from '@clack/prompts';
import type { Duration } from '../api/call.js';
import type { Description } from '../api/choices.js';
import type { Branch, Preview } from '../api/selection.js';
import type { CreateInput } from '../api/token.js';
import { Declined, Interrupted } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import type { Operations } from './operations.js';
import { legible } from './safe-text.js';

/** The prompts go to standard error: standard output is for the credential. */
const output = process.stderr;

type Asked = Partial<CreateInput>;

/** Asks for what the input lacks, shows what it comes to, and asks whether to create it. */
export async function askForToken(operations: Operations, given: Asked): Promise<CreateInput> {
  clack.intro('Create a token', { output });
  const owner = given.owner ?? (await text('Whose is it?', 'org:acme or user:7'));
  const choices = await operations.describe({ owner });
  const kind = given.kind ?? (await chooseKind(choices));
  const name = given.name ?? (await text('What is it for?', 'Nightly sender'));
  const selects = given.templates !== undefined || given.add !== undefined || given.role !== undefined;
  const role = choices.kinds.find(({ id }) => id === kind)?.role;
  const selection = selects
    ? {}
    : role === undefined
      ? await chooseSelection(operations, choices)
      : { role: await chooseRole(choices, role) };
  const expires = hasEnd(given, choices, kind) ? {} : await chooseEnd(choices, kind);
  const input = { ...given, owner, kind, name, ...selection, ...expires } as CreateInput;
  const { permissions, warnings } = await operations.resolve(plainSelection(input));
  clack.note(permissions.map(legible).join('\n'), `It can do ${permissions.length} things`, { output });
  if (warnings.length > 0)
    clack.log.warn(warnings.map(({ code }) => code.replaceAll('_', ' ')).join(', '), { output });
  if (!(await answer(clack.confirm({ message: 'Create it?', output }))))
    throw new Declined('nothing was created');
  return input;
}

function plainSelection({ templates, add, remove, role, resources }: CreateInput) {
  return {
    ...(templates !== undefined && { templates }),
    ...(add !== undefined && { add }),
    ...(remove !== undefined && { remove }),
    ...(role !== undefined && { role }),
    ...(resources !== undefined && { resources }),
  };
}

async function text(message: string, placeholder: string): Promise<string> {
  const validate = (value: string | undefined) =>
    (value ?? '').trim() === '' ? 'Write something.' : undefined;
  return answer(clack.text({ message, placeholder, validate, output }));
}

async function chooseKind({ kinds }: Description): Promise<string> {
  const options = kinds
    .filter(({ manage, exchanged }) => manage && !exchanged)
    .map(({ id, title = id, description }) => ({
      value: id,
      label: legible(title),
      ...(description !== undefined && { hint: legible(description) }),
    }));
  if (options.length === 0) throw new Declined('this actor can create no token of this owner');
  return answer(clack.select({ message: 'Which kind?', options, output }));
}

async function chooseRole({ roles }: Description, byDefault: string): Promise<string> {
  const options = [
    ...roles.map(({ id, title }) => ({ value: id, label: legible(title) })),
    ...(roles.some(({ id }) => id === 'admin')
      ? []
      : [{ value: 'admin', label: 'Admin', hint: 'everything, and it manages tokens' }]),
  ];
  return answer(clack.select({ message: 'Which role?', options, initialValue: byDefault, output }));
}

interface Chosen {
  templates: string[];
  add: string[];
  remove: string[];
}

/** Permission sets first, then single permissions in a tree where the sets have ticked theirs. */
async function chooseSelection(operations: Operations, { templates }: Description): Promise<Chosen> {
  const options = templates.map(({ id, title, recommended }) => ({
    value: id,
    label: legible(title),
    ...(recommended && { hint: 'recommended' }),
  }));
  const sets =
    options.length === 0
      ? []
      : await answer(
          clack.multiselect({ message: 'Which permission sets?', options, required: false, output }),
        );
  const preview = await previewOf(operations, sets);
  const granted = new Set(preview.permissions);
  const groups = Object.fromEntries(
    (preview.tree ?? []).map((service) => [legible(service.title), leaves(service)]),
  );
  const ticked = await answer(
    clack.groupMultiselect({
      message: 'Which permissions? Space ticks one, or all of a service',
      options: groups,
      initialValues: [...granted],
      required: true,
      output,
    }),
  );
  const wanted = new Set(ticked);
  return {
    templates: sets,
    add: ticked.filter((id) => !granted.has(id)),
    remove: [...granted].filter((id) => !wanted.has(id)),
  };
}

/** An empty selection has a tree too. */
async function previewOf(operations: Operations, templates: string[]): Promise<Preview> {
  try {
    return await operations.resolve({ templates });
  } catch (error) {
    if (!isLeastkeyError(error) || templates.length > 0) throw error;
    return operations.resolve({});
  }
}

/** The permissions at and below a node, with the titles on the way to them. */
function leaves(node: Branch, above = ''): { value: string; label: string; hint: string }[] {
  const path = (title: string) => (above === '' ? title : `${above} › ${title}`);
  const own = node.grantable ? [{ value: node.id, label: legible(path(node.title)), hint: node.id }] : [];
  // The title of the service is the heading of its group.
  const below = node.id.includes(':') ? path(node.title) : '';
  return [...own, ...node.children.flatMap((child) => leaves(child, below))];
}

function hasEnd({ expiresIn, expiresAt }: Asked, { kinds }: Description, kind: string): boolean {
  return expiresIn !== undefined || expiresAt !== undefined || !kinds.some(({ id }) => id === kind);
}

/** The longest lifetimes that are offered, in days. */
const DAYS = [7, 30, 90, 365];
const DAY = 86_400_000;

async function chooseEnd({ kinds }: Description, kind: string): Promise<Pick<CreateInput, 'expiresIn'>> {
  const { lifetime } = kinds.find(({ id }) => id === kind) ?? {};
  const longest = lifetime?.longest ?? Number.POSITIVE_INFINITY;
  const offered = DAYS.filter((days) => days * DAY <= longest).map((days) => ({
    value: `${days}d`,
    label: `in ${days} days`,
  }));
  const byDefault = { value: '', label: lifetime?.default === undefined ? 'never' : 'as its kind says' };
  const options = lifetime?.required ? offered : [...offered, byDefault];
  if (options.length === 0) return { expiresIn: (await text('How long does it live?', '12h')) as Duration };
  const chosen = await answer(
    clack.select({ message: 'When does it end?', options, initialValue: '30d', output }),
  );
  return chosen === '' ? {} : { expiresIn: chosen as Duration };
}

/** The answer; Ctrl-C and Escape cancel the command. */
async function answer<T>(asked: Promise<T>): Promise<Exclude<T, symbol>> {
  const given = await asked;
  if (clack.isCancel(given)) throw new Interrupted('nothing was created');
  return given as Exclude<T, symbol>;
}
