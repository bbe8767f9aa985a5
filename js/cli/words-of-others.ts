/** Words of other tools, and what they are here. */

/** Options that there are nowhere. */
const OPTIONS: Readonly<Record<string, string>> = {
  '--all': 'leastkey revoke-all, purge and list --all take many tokens',
  '--force': 'give --yes',
  '--format': 'give --json or --fields',
  '--host': 'serve answers this machine alone; put a server of yours before it',
  '--lifetime': 'give --expires-in 90d or --expires-at',
  '--output': 'give --json or --fields',
  '--permission': 'give --template or --add',
  '--permissions': 'give --template or --add',
  '--scope': 'give --template or --add',
  '--scopes': 'give --template or --add',
  '--token': 'a credential comes from standard input or LEASTKEY_TOKEN',
  '--ttl': 'give --expires-in 90d or --expires-at',
};

/** Options of a command that others have. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'edit --expires-in': 'leastkey renew gives a token a new lifetime',
  'edit --expires-at': 'leastkey renew gives a token a new lifetime',
  'revoke --all': 'leastkey revoke-all takes all of an owner, a subject or a tag',
};

const COMMANDS: Readonly<Record<string, string>> = {
  add: 'did you mean create?',
  check: 'did you mean verify, or catalog check?',
  describe: 'did you mean get?',
  inspect: 'did you mean get?',
  introspect: 'did you mean verify, or explain?',
  issue: 'did you mean create?',
  login:
    'there is no login: --db and --store open a store, and --url sends the credential in LEASTKEY_API_TOKEN',
  mint: 'did you mean create?',
  new: 'did you mean create?',
  remove: 'did you mean delete?',
  rm: 'did you mean delete?',
  show: 'did you mean get?',
  tokens: 'did you mean list?',
  update: 'did you mean edit?',
  validate: 'did you mean verify, or catalog check?',
  view: 'did you mean get?',
};

/** The option for an argument that a command does not take. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  audit: 'give --token or --owner',
  create: 'give --name',
  drift: 'give --owner',
  list: 'give --owner',
  purge: 'give --owner',
  resolve: 'give --template',
  'revoke-all': 'give --owner',
  'verify-audit': 'give --owner',
};

const of = (words: Readonly<Record<string, string>>, word: string) =>
  Object.hasOwn(words, word) ? words[word] : undefined;

/** What is right in place of an unknown option of a command. */
export const insteadOfOption = (command: string, option: string): string | undefined =>
  of(ELSEWHERE, `${command} ${option}`) ?? of(OPTIONS, option);

/** What is right in place of an unknown command. */
export const insteadOfCommand = (name: string): string | undefined => of(COMMANDS, name);

/** What is right in place of an argument of a command. */
export const insteadOfArgument = (command: string): string | undefined => of(ARGUMENTS, command);
