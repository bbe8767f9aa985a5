/**
 * Errors of the core name members of its input (`templates[0]`, `expiresIn`). On the command line
 * they are options.
 */

const OPTIONS: Readonly<Record<string, string>> = {
  name: '--name',
  kind: '--kind',
  owner: '--owner',
  subject: '--subject',
  description: '--description',
  tags: '--tag',
  tag: '--tag',
  metadata: '--metadata',
  templates: '--template',
  template: '--template',
  add: '--add',
  remove: '--remove',
  role: '--role',
  resource: '--resource',
  resources: '--narrow',
  expiresIn: '--expires-in',
  expiresAt: '--expires-at',
  notBefore: '--not-before',
  idleAfter: '--idle-after',
  technicalUser: '--technical-user',
  idempotencyKey: '--idempotency-key',
  revision: '--revision',
  reason: '--reason',
  grace: '--grace',
  after: '--after',
  limit: '--limit',
  status: '--status',
  search: '--search',
  parent: '--parent',
  overFor: '--over-for',
  permissions: '--permission',
  prefix: '--prefix',
  recordKey: '--record-key-file',
  'conditions.ips': '--ip',
  'conditions.origins': '--origin',
  'conditions.audiences': '--audience',
  'conditions.times.days': '--days',
  'conditions.times.from': '--hours',
  'conditions.times.to': '--hours',
  'conditions.times.utcOffset': '--utc-offset',
  'conditions.times': '--hours',
  'limits.requests': '--rate',
  'limits.credits.amount': '--credits',
  'limits.credits.remaining': '--remaining',
  'limits.credits.refill': '--refill',
  'limits.credits': '--credits',
  'requirement.all': '--require',
  'requirement.resource': '--resource',
  'actor.id': '--as',
  'actor.roles': '--as-role',
  url: '--store',
  below: '--below',
  basePath: '--base-path',
  service: '--service',
};

/** The words of a command line, and the long options that its command has. */
export interface Words {
  args: readonly string[];
  options: ReadonlySet<string>;
}

/** The option of a member: `templates[0]` is `--template`. A path of a catalog or a row stays. */
export function optionOf(path: string, { options }: Words): string | undefined {
  const plain = path
    .replace(/\[[^\]]*\]/g, '')
    .replace(/^(?:input|query|options|change|selection)\.(?=\w)/, '');
  for (let part = plain; part !== ''; part = part.replace(/(?:^|\.)[^.]*$/, '')) {
    const option = Object.hasOwn(OPTIONS, part) ? OPTIONS[part] : undefined;
    if (option !== undefined && options.has(option)) return option;
  }
  return undefined;
}

/**
 * A message with options in place of the members that it quotes: `"add"` is `--add`. A member that
 * is among the arguments stays: it may be what the user wrote.
 */
export function inOptionWords(message: string, words: Words): string {
  return message.replace(/"([a-z][A-Za-z.]*)"/g, (quoted, name: string) =>
    words.args.includes(name) ? quoted : (optionOf(name, words) ?? quoted),
  );
}
