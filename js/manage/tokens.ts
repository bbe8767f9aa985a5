import type { Accounts } from '../api/accounts.js';
import type { AuditCheck, AuditPage, AuditQuery, VerifyAuditOptions } from '../api/audit.js';
import type { CallOptions, CredentialSource } from '../api/call.js';
import type { Deployment } from '../api/catalog.js';
import type { Description } from '../api/choices.js';
import type { Problem } from '../api/codes.js';
import type { DriftQuery, DriftReport } from '../api/drift.js';
import { LeastkeyError } from '../api/errors.js';
import type { Exchanged, ExchangeInput, ExchangeOptions, Minted, MintOptions } from '../api/exchange.js';
import type { ImportKeysOptions, ImportReport, KeyRow } from '../api/import-keys.js';
import type { Jobs } from '../api/jobs.js';
import type { RotatedWithToken, RotateOptions } from '../api/rotation.js';
import type { Preview, ResolveOptions, Selection } from '../api/selection.js';
import type { Suggestion } from '../api/suggestion.js';
import type { BulkOptions, BulkReport, PurgeQuery, RevokeAllOptions, RevokeAllQuery } from '../api/sweep.js';
import type {
  Actor,
  CreatedWithToken,
  CreateInput,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { FlushOptions, FlushReport } from '../api/usage.js';
import type {
  ExplainOptions,
  Explanation,
  Requirement,
  RouteRequirement,
  Verdict,
  Verification,
  VerifyManyOptions,
  VerifyOptions,
} from '../api/verification.js';
import { previewOf } from '../core/lazy-tree.js';
import { type ManageCore, WHOLE_TREE } from '../core/manage-core.js';
import type { VerifyCore } from '../core/verify-core.js';
import { invalidInput, kindOf, readCallOptions, refuseUnknownOptions } from '../input/options.js';
import { copyPlain, requireObject, requireText } from '../input/values.js';
import { type Call, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { CachedVerifier } from '../verify/cached-verifier.js';
import { explainCredential } from '../verify/explain.js';
import { readQuestion } from '../verify/read-question.js';
import { matchRoute } from '../verify/route.js';
import { readUses, UsageCollector } from '../verify/usage-collector.js';
import { verifyMany } from '../verify/verify-many.js';
import { exportLines, readVerifyAuditOptions, verifyChain } from './audit.js';
import { type BulkPage, readBulkOptions, runPages } from './bulk.js';
import { checkCall } from './check-call.js';
import { exchangeCredential } from './exchange.js';
import { importRows } from './import-keys.js';
import { jobsOf } from './jobs.js';
import { malformedHint } from './malformed-hint.js';
import { readMintOptions } from './mint.js';
import { type RunOptions, runOperation } from './run-operation.js';

/** The tokens of a deployment. Each method passes its arguments to the core: docs/boundary.md. */
export class CoreTokens implements Tokens {
  readonly accounts: Accounts;
  readonly jobs: Jobs;
  readonly #verifyCore: VerifyCore;
  readonly #manageCore: ManageCore;
  readonly #settings: Settings;
  readonly #verifier: CachedVerifier;
  readonly #usage: UsageCollector;
  /** The kinds of tokens that never expire, which were reported. */
  readonly #endless = new Set<string>();
  /**
   * Makes the next verification read the change feed, because this process may change something.
   */
  readonly #invalidate = () => this.#verifier.invalidate();

  constructor(verifyCore: VerifyCore, manageCore: ManageCore, settings: Settings) {
    this.#verifyCore = verifyCore;
    this.#manageCore = manageCore;
    this.#settings = settings;
    this.#usage = new UsageCollector(
      (uses, signal) => this.#operate({ op: 'flush', uses }, { signal }),
      settings,
      (id, at) => verifyCore.noteUse(id, at),
    );
    this.#verifier = new CachedVerifier(verifyCore, settings, settings.usage ? this.#usage : undefined);
    this.accounts = accountsOf((call, options) => this.#manage(call, options));
    this.jobs = jobsOf((call, options) => this.#manage(call, options));
  }

  async create(input: CreateInput, actor: Actor, call?: CallOptions): Promise<CreatedWithToken> {
    const created: CreatedWithToken = await this.#manage({ op: 'create', input, actor }, call);
    this.#warnOfEndlessToken(created.record);
    return created;
  }

  async get(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'get', id, actor }, call);
  }

  async list(query: ListQuery, actor: Actor, call?: CallOptions): Promise<TokenPage> {
    return this.#manage({ op: 'list', query, actor }, call);
  }

  async edit(id: string, change: TokenChange, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'edit', id, change, actor }, call);
  }

  async disable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'disable', id, actor }, call);
  }

  async enable(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'enable', id, actor }, call);
  }

  async revoke(id: string, options: RevokeOptions, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'revoke', id, options, actor }, call);
  }

  async revokeAll(query: RevokeAllQuery, options: RevokeAllOptions, actor: Actor): Promise<BulkReport> {
    // Before its options are read: they may be the actor.
    checkCall('revokeAll', { query, options, actor }, {}, this.#settings.config.prefix);
    const { reason, dryRun } = readBulkOptions(options, 'revokeAll', ['reason']);
    const how = { reason, dryRun };
    return runPages(requireObject(query, 'query').after, options, (after): Promise<BulkPage> => {
      return this.#manage({ op: 'revokeAll', query: { ...query, after }, options: how, actor });
    });
  }

  async delete(id: string, actor: Actor, call?: CallOptions): Promise<{ id: string }> {
    return this.#manage({ op: 'delete', id, actor }, call);
  }

  async purge(query: PurgeQuery = {}, options: BulkOptions = {}, actor?: Actor): Promise<BulkReport> {
    const { dryRun } = readBulkOptions(options, 'purge');
    return runPages(requireObject(query, 'query').after, options, (after): Promise<BulkPage> => {
      return this.#manage({ op: 'purge', query: { ...query, dryRun, after }, actor });
    });
  }

  async rotate(
    id: string,
    options: RotateOptions,
    actor: Actor,
    call?: CallOptions,
  ): Promise<RotatedWithToken> {
    return this.#manage({ op: 'rotate', id, options, actor }, call);
  }

  async confirmRotation(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'confirmRotation', id, actor }, call);
  }

  async abortRotation(id: string, actor: Actor, call?: CallOptions): Promise<TokenRecord> {
    return this.#manage({ op: 'abortRotation', id, actor }, call);
  }

  async exchange(
    credential: CredentialSource,
    input: ExchangeInput,
    options: ExchangeOptions = {},
  ): Promise<Exchanged> {
    if (input === undefined)
      throw invalidInput('input', 'is required; for a session like its parent call exchange(credential, {})');
    const { question, signal } = readQuestion(undefined, options, 'exchange');
    const wanted = copyPlain({ ...requireObject(input, 'input'), context: question.context }, '');
    const how = { signal, invalidate: this.#invalidate };
    try {
      return await exchangeCredential(this.#manageCore, this.#settings, credential, wanted, how);
    } catch (error) {
      // Records a rotated-out secret, as in a verification. With `use: false`, nothing else is.
      if (this.#settings.usage && error instanceof LeastkeyError && error.code === 'invalid_token')
        await this.verify(credential, undefined, { use: false, ...(signal && { signal }) });
      throw error;
    }
  }

  mint(options: MintOptions = {}): Minted {
    const { reading, entropy } = this.#settings;
    return this.#verifyCore.mint(reading(), readMintOptions(options), entropy);
  }

  async importKeys(
    rows: Iterable<KeyRow> | AsyncIterable<KeyRow>,
    actor: Actor,
    options: ImportKeysOptions = {},
  ): Promise<ImportReport> {
    const { dryRun = false } = readBulkOptions(options, 'importKeys');
    if (this.#settings.config.imported === undefined) {
      throw invalidInput(
        'imported',
        "importKeys needs it, or no imported key would ever verify: createTokens({ imported: [{ prefix: 'old_', digestOf: 'whole' }] })",
      );
    }
    requireList(rows, 'rows');
    return importRows(rows, options, (input) => this.#operate({ op: 'importKey', input, actor }, { dryRun }));
  }

  async audit(query: AuditQuery, actor: Actor, call?: CallOptions): Promise<AuditPage> {
    return this.#manage({ op: 'audit', query, actor }, call);
  }

  exportAudit(
    query: Omit<AuditQuery, 'order' | 'limit'>,
    actor: Actor,
    call?: CallOptions,
  ): AsyncGenerator<string, void, undefined> {
    const order = 'oldest';
    return exportLines(query.after, (after): Promise<AuditPage> => {
      return this.#manage({ op: 'audit', query: { ...query, order, after }, actor }, call);
    });
  }

  async verifyAudit(owner: string, options: VerifyAuditOptions = {}): Promise<AuditCheck> {
    const { signal, ...range } = readVerifyAuditOptions(options);
    return verifyChain(range, (after): Promise<AuditCheck> => {
      return this.#operate({ op: 'verifyAudit', query: { owner, after } }, { signal });
    });
  }

  async verify(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Promise<Verdict> {
    return this.#verifier.verify(credential, requirement, options) as Verdict | Promise<Verdict>;
  }

  verifySync(
    credential: CredentialSource,
    requirement?: Requirement,
    options?: VerifyOptions,
  ): Verdict | undefined {
    return this.#verifier.verifySync(credential, requirement, options) as Verdict | undefined;
  }

  async verifyMany(
    verifications: readonly Verification[],
    options: VerifyManyOptions = {},
  ): Promise<Verdict[]> {
    return verifyMany(this.#verifier, this.#settings, verifications, options) as Promise<Verdict[]>;
  }

  invalidate(): void {
    this.#verifier.notePush();
  }

  async flush(call: FlushOptions = {}): Promise<FlushReport> {
    const { uses = [], ...rest } = call;
    const signal = readCallOptions(rest, 'flush');
    this.#usage.add(readUses(uses));
    return this.#usage.flush(signal);
  }

  async explain(
    credential: CredentialSource,
    requirement?: Requirement,
    options: ExplainOptions = {},
  ): Promise<Explanation> {
    const { question, signal } = readQuestion(requirement, options, 'explain');
    const explanation = await explainCredential(
      this.#manageCore,
      this.#settings,
      credential,
      question,
      signal,
    );
    const text = typeof credential === 'string' ? credential : '';
    const hint = malformedHint(text, explanation.wrong, this.#settings.config.prefix);
    return hint === undefined || explanation.valid ? explanation : { ...explanation, hint };
  }

  resolve(selection: Selection, options: ResolveOptions = {}): Preview {
    const { tree } = readResolveOptions(options);
    if (Array.isArray(selection))
      throw invalidInput('selection', 'expected an object, got an array; write { templates: ["…"] }');
    return previewOf(this.#manageCore, copyPlain(selection, ''), tree);
  }

  expand(pattern: string): string[] {
    return this.#manageCore.expand(requireText(pattern, 'pattern'));
  }

  suggest(permissions: readonly string[]): Suggestion {
    return answer(this.#manageCore.suggest(copyPlain(permissions, 'permissions')));
  }

  match(method: string, path: string): RouteRequirement | null {
    return matchRoute(this.#verifyCore, method, path);
  }

  async describe(query: { owner?: string }, actor: Actor, call?: CallOptions): Promise<Description> {
    return this.#manage({ op: 'describe', query, actor }, call);
  }

  async drift(query: DriftQuery, actor: Actor, call?: CallOptions): Promise<DriftReport> {
    return this.#manage({ op: 'drift', query, actor }, call);
  }

  deployment(): Deployment {
    const { config, catalogText } = this.#settings;
    return { prefix: config.prefix, catalog: JSON.parse(catalogText) };
  }

  get warnings(): readonly Problem[] {
    return this.#manageCore.warnings().map((warning) => ({ ...warning }));
  }

  pattern(): string {
    return this.#manageCore.pattern();
  }

  /** Warns once for each kind: a token without an end stays valid until somebody revokes it. */
  #warnOfEndlessToken({ kind, expiresAt, idleAfter }: TokenRecord): void {
    if (expiresAt !== undefined || idleAfter !== undefined || this.#endless.has(kind)) return;
    this.#endless.add(kind);
    const message = `a token of kind "${kind}" was created that never expires; give expiresIn, or its kind a lifetime: { kinds: { "${kind}": { lifetime: { default: "90d" } } } }`;
    this.#settings.onWarning?.({ path: 'expiresIn', message });
  }

  async #manage<T>(call: Call, options: CallOptions = {}): Promise<T> {
    const { op, ...args } = call;
    checkCall(op, args as Readonly<Record<string, unknown>>, options, this.#settings.config.prefix);
    return this.#operate(call, { signal: readCallOptions(options, op) });
  }

  async #operate<T>(call: Call, options: RunOptions): Promise<T> {
    const invalidate = READING.includes(call.op) ? undefined : this.#invalidate;
    return (await runOperation(this.#manageCore, this.#settings, copied(call), {
      ...options,
      invalidate,
    })) as T;
  }
}

/** The operations that change nothing that verification depends on. */
const READING: readonly Call['op'][] = [
  'get',
  'list',
  'drift',
  'audit',
  'verifyAudit',
  'getAccount',
  'getJob',
  'describe',
];

/** Arguments whose problems have paths without the name of the argument. */
const BARE: readonly string[] = ['input', 'query', 'change'];

/** A copy of a call that can be passed to the core. */
function copied(call: Call): Call {
  const members = Object.entries(call).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    members.map(([name, value]) => [name, copyPlain(value, BARE.includes(name) ? '' : name)]),
  ) as unknown as Call;
}

/** Requires what `for await` can go through. */
function requireList(value: unknown, path: string): void {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value) as Record<symbol, unknown>;
  if (typeof value === 'string' || (typeof sync !== 'function' && typeof async !== 'function'))
    throw invalidInput(path, `expected an array or another iterable, got ${kindOf(value)}`);
}

/** The answer of a step that needs no store. */
function answer<T>(step: Step): T {
  if ('answer' in step) return step.answer as T;
  throw stepError(step);
}

const RESOLVE_OPTIONS = ['tree'] as const satisfies (keyof ResolveOptions)[];

/** Reads the options of `resolve`, with defaults. */
export function readResolveOptions(options: ResolveOptions): Required<ResolveOptions> {
  refuseUnknownOptions(options, RESOLVE_OPTIONS, 'resolve');
  const { tree = true } = options;
  if (typeof tree === 'boolean') return { tree };
  if (typeof tree !== 'object' || tree === null)
    throw invalidInput('tree', 'expected true, false or { below, depth }');
  refuseUnknownOptions(tree, ['below', 'depth'], 'tree');
  const { below, depth } = tree;
  if (below !== undefined) requireText(below, 'tree.below');
  if (depth !== undefined && !(Number.isInteger(depth) && depth > 0 && depth < WHOLE_TREE))
    throw invalidInput('tree.depth', 'expected a whole number from 1');
  return { tree: { below, depth } };
}

/** The operations on accounts. */
export function accountsOf(manage: <T>(call: Call, options?: CallOptions) => Promise<T>): Accounts {
  return {
    put: (input, actor, call) => manage({ op: 'putAccount', input, actor }, call),
    get: (id, actor, call) => manage({ op: 'getAccount', id, actor }, call),
    disable: (id, actor, call) => manage({ op: 'disableAccount', id, actor }, call),
    enable: (id, actor, call) => manage({ op: 'enableAccount', id, actor }, call),
    delete: (id, actor, call) => manage({ op: 'deleteAccount', id, actor }, call),
  };
}
