/**
 * The walks through the demo, as data: `print.mjs` shows them to a person, `run.mjs` does them. A step is an HTTP
 * request or a command of `leastkey`, and says what is expected of it.
 */

const message = { to: 'profile:7', text: 'Hello' };

/** A token of the permission-set system: made from a template, and revoked for good. */
const permissionSet = {
  system: 'permission-set',
  actor: { id: 'user:1', roles: { 'org:acme': 'admin' } },
  create: {
    kind: 'permission-set',
    owner: 'org:acme',
    subject: 'profile:42',
    templates: ['all-channels-branch'],
    remove: ['branch:delete'],
    expiresIn: '1h',
  },
  steps: ({ id }) => [
    {
      title: 'It sends a message: that is in its permission set',
      request: { method: 'POST', path: '/messages', body: message },
      expect: { status: 201 },
    },
    {
      title: 'It may not read profiles: nobody gave it that',
      request: { method: 'GET', path: '/profiles/42' },
      expect: { status: 403, challenge: 'error="insufficient_scope", scope="profiles:read"' },
    },
    {
      title: 'Without a credential nobody gets in',
      request: { method: 'GET', path: '/profiles/42', credential: 'none' },
      expect: { status: 401, challenge: 'Bearer realm="leastkey-demo"' },
    },
    {
      title: 'A credential with one character too many is another one',
      request: { method: 'POST', path: '/messages', body: message, credential: 'altered' },
      expect: { status: 401, challenge: 'error="invalid_token"' },
    },
    {
      title: 'An admin revokes it, from another process',
      command: ['revoke', id, '--reason', 'The walk is over'],
      confirm: true,
      expect: { exit: 0 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'POST', path: '/messages', body: message },
      expect: { status: 401, challenge: 'error="invalid_token"' },
    },
    {
      title: 'Revoking cannot be undone',
      command: ['enable', id],
      expect: { exit: 1 },
    },
  ],
};

/** A token of a user's own: scoped, named once, and deleted by its user. */
const personal = {
  system: 'personal',
  actor: { id: 'user:7', roles: { 'user:7': 'user' } },
  create: { kind: 'personal', owner: 'user:7', templates: ['CollectionDevice'], expiresIn: '1h' },
  steps: ({ id, name }) => [
    {
      title: 'It registers a collection device: that is its scope',
      request: { method: 'POST', path: '/devices', body: { name: 'Gateway 12' } },
      expect: { status: 201 },
    },
    {
      title: 'It lists the collection devices of its user',
      request: { method: 'GET', path: '/devices' },
      expect: { status: 200 },
    },
    {
      title: 'It may not read policies: that is another scope',
      request: { method: 'GET', path: '/policies' },
      expect: { status: 403, challenge: 'error="insufficient_scope", scope="policies:read"' },
    },
    {
      title: 'A second token of the same name is refused: names are unique',
      command: [
        ...['create', '--as', 'user:7', '--role', 'user:7=user', '--kind', 'personal', '--owner', 'user:7'],
        ...['--name', name, '--template', 'Policy'],
      ],
      expect: { exit: 1 },
    },
    {
      title: 'Another user cannot delete it, nor learn that it is there',
      command: ['delete', id, '--as', 'user:8', '--yes'],
      expect: { exit: 1 },
    },
    {
      title: 'Its own user deletes it',
      command: ['delete', id, '--as', 'user:7'],
      confirm: true,
      expect: { exit: 0 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'GET', path: '/devices' },
      expect: { status: 401, challenge: 'error="invalid_token"' },
    },
  ],
};

export const walks = [permissionSet, personal];

/** Makes the token that a walk is about. Its name carries the time, so that each walk makes one of its own. */
export async function begin(walk, systems) {
  const system = systems.find(({ id }) => id === walk.system);
  const name = `Walk of ${new Date().toISOString()}`;
  const { token: credential, record } = await system.tokens.create({ ...walk.create, name }, walk.actor);
  return { system, credential, record, steps: walk.steps(record) };
}
