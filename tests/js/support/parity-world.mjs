/** Random stored states and questions about them, for tests that compare implementations. */

import { createHash } from 'node:crypto';
import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';

const START = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
export const PREFIX = 'acme_test';

export const catalog = {
  $schema: 'x',
  version: '1',
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'], routes: ['POST /messages', 'GET /{*rest}'] },
        status: {
          title: 'Status',
          routes: [{ route: 'GET /orgs/{org}/messages/{id}', resource: 'org:{org}' }],
        },
        'bulk-1': {
          title: 'Bulk',
          deprecated: true,
          grantable: true,
          permissions: { run: 'Run', stop: 'Stop' },
        },
      },
    },
    branch: {
      title: 'Branch',
      permissions: { read: 'Read', group: { title: 'Group', permissions: { create: 'Create' } } },
    },
  },
  templates: {
    sender: { title: 'Sender', permissions: ['messages:**'] },
    all: { title: 'All', permissions: ['**'] },
  },
  roles: { user: { title: 'User', permissions: ['messages:*'] } },
};
/** With so many permissions that lists of them are stored by vocabularies. */
export const longer = {
  ...catalog,
  services: {
    ...catalog.services,
    many: {
      title: 'Many',
      permissions: Object.fromEntries(Array.from({ length: 210 }, (_, at) => [`m${at}`, 'One of many'])),
    },
  },
  roles: { user: { title: 'User', permissions: ['messages:*', 'many:**'] } },
};
const PERMISSIONS = [
  'messages:send',
  'messages:status',
  'messages:bulk-1',
  'messages:bulk-1:run',
  'branch:read',
];
const RESOURCES = [
  '',
  'org:acme',
  'org:acme/group:eng',
  'org:acme/group:eng/device:7',
  'org:acme2',
  'user:7',
];
const CONDITIONS = {
  ips: [['10.0.0.0/8'], ['192.0.2.7', '2001:db8::/32'], ['::/0']],
  origins: [['https://a.example'], ['http://[2001:db8::1]:3000', 'http://localhost']],
  audiences: [['api'], ['billing', 'api']],
  times: [{ days: ['mon'] }, { from: '20:00', to: '06:30', utcOffset: '-05:30' }, { from: '08:00' }],
};
const CONTEXTS = {
  ip: ['10.1.2.3', '::ffff:10.0.0.1', '192.0.2.7', '2001:db8::7', 'fe80::1%eth0', '10.0.0.1:80', ''],
  origin: [
    'https://A.example:443',
    'http://localhost',
    'http://[2001:DB8:0::1]:3000',
    'null',
    'https://\ud800',
    'x',
  ],
  audience: ['api', 'billing', '', 'é'],
};
const METADATA = [
  { a: 1.5e-7, b: [1e21, -0, 0.1, 12345678901234567000], 'ü\n"\\\u007f': null },
  { deep: [[[{}]]] },
];
const NAMES = ['Nightly', 'Cafe\u0301 夜間', '"quoted" \\ name', '👩‍💻 laptop'];

const sha = (text) => createHash('sha256').update(text).digest('hex');

/** A store with tokens, changed and damaged at random. */
export class World {
  limits = 'approximate';

  constructor(random) {
    this.random = random;
    this.now = START;
    this.store = memoryStore({ now: () => this.now });
    this.credentials = [];
    this.isLong = random.once(3);
    this.admin = { id: 'user:ada', roles: { '': 'admin' } };
  }

  async start() {
    const settings = {
      catalog: this.isLong ? longer : catalog,
      store: this.store,
      prefix: PREFIX,
      now: () => this.now,
      limits: this.limits,
      imported: [
        { prefix: 'old_', digestOf: 'whole' },
        { prefix: 'rest_', digestOf: 'rest' },
      ],
      ...(this.random.once(2) && { recordKey: 'ab'.repeat(32) }),
    };
    this.isSealed = 'recordKey' in settings;
    this.manager = await createTokens(settings);
    this.whole = await createTokens({ ...settings, usage: false });
    // Another cache: what it learns must not be what the two that are compared differ in.
    this.reading = await createTokens({ ...settings, usage: false });
    this.edge = await createVerifier({ ...settings, limits: 'approximate' });
    for (let token = 0; token < 12; token++) await this.tries(() => this.create());
    for (let change = 0; change < 30; change++) await this.tries(() => this.change());
  }

  /** A refused operation does not matter: the next one is different. */
  async tries(work) {
    try {
      await work();
    } catch (error) {
      if (error.code === undefined || error.code === 'internal') throw error;
    }
  }

  maybe(name, make) {
    return this.random.once(3) ? { [name]: make() } : {};
  }

  async create() {
    const { random } = this;
    const owner = random.pick(RESOURCES.slice(1));
    const pick = (from) =>
      Object.fromEntries(random.some(Object.keys(from), 4).map((name) => [name, random.pick(from[name])]));
    const input = {
      kind: random.pick(['permission-set', 'organization', 'group', 'personal']),
      name: `${random.pick(NAMES)} ${this.credentials.length}`,
      owner,
      expiresIn: random.pick(['1h', '90d', '40m']),
      add: [...random.some(PERMISSIONS, 4), ...(this.isLong && random.once(2) ? ['many:**'] : [])],
      ...(this.isLong && this.maybe('remove', () => ['many:m7', `many:m${random.below(210)}`])),
      ...this.maybe('templates', () => [random.pick(['sender', 'all'])]),
      ...this.maybe('resource', () => random.pick(RESOURCES)),
      ...this.maybe('resources', () => ({ 'messages:send': [`${owner}/group:eng`] })),
      ...this.maybe('conditions', () => pick(CONDITIONS)),
      ...this.maybe('limits', () => ({
        ...(random.once(2) && { requests: { limit: 1 + random.below(4), per: '10m' } }),
        ...(random.once(2) && { credits: { amount: 3, refill: { amount: 1, every: '1h' } } }),
      })),
      ...this.maybe('notBefore', () => START + random.below(2 * HOUR)),
      ...this.maybe('idleAfter', () => '30m'),
      ...this.maybe('tags', () => ['ci', 'ü']),
      ...this.maybe('description', () => 'for “tests”'),
      ...this.maybe('metadata', () => random.pick(METADATA)),
      ...this.maybe('subject', () => random.pick(['profile:42', 'user:7', 'naïve'])),
    };
    if (random.once(6)) {
      const key = `${random.pick(['old_', 'rest_'])}${this.credentials.length}key`;
      const hashed = key.startsWith('old_') ? key : key.slice('rest_'.length);
      this.credentials.push(key);
      await this.manager.importKeys([{ ...input, digest: sha(hashed), encoding: 'hex' }], this.admin);
    } else {
      const { token, record } = await this.manager.create(input, this.admin);
      this.credentials.push(token);
      this.ids = [...(this.ids ?? []), record.id];
    }
  }

  async change() {
    const { random, manager, admin } = this;
    const id = random.pick(this.ids ?? ['0000000000000000']);
    const resource = random.pick(RESOURCES.slice(1));
    const changes = [
      () => manager.disable(id, admin),
      () => manager.enable(id, admin),
      () => manager.revoke(id, { reason: 'r' }, admin),
      () => manager.delete(id, admin),
      async () => this.credentials.push((await manager.rotate(id, { grace: '20m' }, admin)).token),
      () => manager.confirmRotation(id, admin),
      () => manager.abortRotation(id, admin),
      async () => this.credentials.push((await manager.exchange(random.pick(this.credentials), {})).token),
      () =>
        manager.accounts.put({ id: resource, roles: { [resource]: random.pick(['user', 'admin']) } }, admin),
      () => manager.accounts.disable(resource, admin),
      () => manager.accounts.enable(resource, admin),
      () => manager.flush(),
      () => this.damage(),
      () => (this.now += random.below(20 * 60_000)),
    ];
    await random.pick(changes)();
  }

  /** Corrupts a stored value: one letter, its end, or all of it. */
  async damage() {
    const { random, store } = this;
    const prefix = random.pick(['token/', 'account/', 'usage/', 'digest/', 'feed/']);
    const entries = await store.list({ prefix, limit: 50 });
    if (entries.length === 0) return;
    const { key, value } = random.pick(entries);
    const at = random.below(value.length);
    const letter = random.pick([
      '"',
      '\\',
      '0',
      '9',
      'e',
      '{',
      ',',
      ' ',
      '\u0000',
      'é',
      '1e999',
      '-',
      'null',
    ]);
    const edited = [
      value.slice(0, at) + letter + value.slice(at + 1),
      value.slice(0, at) + letter + value.slice(at),
      value.slice(0, at),
      value.replace(
        /"revision":(\d+)/,
        (_, revision) => `"revision":${random.pick(['0', `${revision}.0`, '1e0', '-1'])}`,
      ),
      value.replace('"name":"', '"name":"\\u0065\\u0301'),
      value.replace('"token":{', '"token":{"name":"twice",'),
    ];
    await store.commit([{ key, value: random.pick(edited) }]);
  }

  credential() {
    const { random } = this;
    const credential = random.pick([...this.credentials, `${PREFIX}_2${'0'.repeat(52)}`, 'x', '']) ?? '';
    const at = random.below(credential.length + 1);
    const forms = [
      credential,
      credential,
      credential,
      credential.slice(0, at) + random.pick(['a', '0', '_', 'é']) + credential.slice(at + 1),
      `${credential}0`,
    ];
    return random.pick(forms);
  }

  requirement() {
    const { random } = this;
    const known = [...PERMISSIONS, ...PERMISSIONS, ...(this.isLong ? ['many:m7', 'many:m8', 'many:m9'] : [])];
    const permission = () => random.pick([...known, 'messages:sned', '**', '']);
    const resource = this.maybe('resource', () => random.pick([...RESOURCES, 'a//b']));
    return random.pick([
      () => undefined,
      () => permission(),
      () => [permission(), permission()],
      () => `${permission()} and (${permission()} OR ${permission()})`,
      () => ({ permission: permission(), ...resource }),
      () => ({ all: [permission(), permission()], ...resource }),
      () => ({ any: [permission(), permission()], ...resource }),
      () => ({ expr: `${permission()} OR ${permission()} AND ${permission()}`, ...resource }),
      () => random.pick([{}, 7, null, [], '(', { permision: 'x' }, { permission: 'branch:read', all: [] }]),
    ])();
  }

  options() {
    const { random } = this;
    const context = Object.entries(CONTEXTS).map(([name, values]) =>
      this.maybe(name, () => random.pick(values)),
    );
    return Object.assign(
      { freshness: random.pick([0, '5s', '5s']) },
      ...context,
      this.maybe('consume', () => random.pick([1, 1, 2, 0, 1.5, Number.NaN])),
    );
  }
}

/** The verdict, or the code of what was thrown. */
export async function outcome(verify) {
  try {
    return await verify();
  } catch (error) {
    const { code, cause } = error;
    return { thrown: code, ...(cause && { cause }) };
  }
}
