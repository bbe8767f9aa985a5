/**
 * The walks through the demo, as data: one for each of the four systems, and one for tokens that
 * manage tokens. `print.mjs` prints them, `run.mjs` runs them. A step is an HTTP request or a
 * command of `leastkey`, with its expected result. `keep` names the credentials in its response for
 * later steps: `{ SESSION: 'access_token' }`.
 */

import { person } from './people.mjs';

/** `managed(id, '/disable')`, `managed('?owner=…')`. */
const managed = (which = '', action = '') =>
  `/leastkey/v1/tokens${which === '' || which.startsWith('?') ? '' : '/'}${which}${action}`;
const refused = { status: 401, challenge: 'error="invalid_token"' };
const message = { to: 'profile:7', text: 'Hello' };

/** A token of the permission-set system: created from a template, and revoked. */
const permissionSet = {
  title: 'Permission-set tokens',
  maker: 'ada',
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
      expect: refused,
    },
    {
      title: 'An admin revokes it, from another process',
      command: ['revoke', id, '--reason', 'The walk is over', '--yes'],
      expect: { exit: 0 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'POST', path: '/messages', body: message },
      expect: refused,
    },
    {
      title: 'Revoking cannot be undone',
      command: ['enable', id],
      expect: { exit: 1 },
    },
  ],
};

/** A token of an organization with a technical user: disabled by its admin, and deleted. */
const organization = {
  title: 'Organization tokens',
  maker: 'ada',
  create: { kind: 'organization', owner: 'org:acme', expiresIn: '1h' },
  steps: ({ id }) => [
    {
      title: 'It lists devices: that is in the role of its technical user',
      request: { method: 'GET', path: '/devices' },
      expect: { status: 200 },
    },
    {
      title: 'The admin of a group does not find it: it stands above the group',
      request: { method: 'POST', path: managed(id, '/disable'), as: 'gil' },
      expect: { status: 404 },
    },
    {
      title: 'The admin of the organization revokes it for a time',
      request: { method: 'POST', path: managed(id, '/disable'), as: 'ada' },
      expect: { status: 200 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'GET', path: '/devices' },
      expect: refused,
    },
    {
      title: 'She takes it back',
      request: { method: 'POST', path: managed(id, '/enable'), as: 'ada' },
      expect: { status: 200 },
    },
    {
      title: 'And it works again',
      request: { method: 'GET', path: '/devices' },
      expect: { status: 200 },
    },
    {
      title: 'She deletes it, which is for good',
      request: { method: 'DELETE', path: managed(id), as: 'ada' },
      expect: { status: 200 },
    },
    {
      title: 'So it is refused',
      request: { method: 'GET', path: '/devices' },
      expect: refused,
    },
  ],
};

/** A token of a user: scoped, with a unique name, and deleted by its user. */
const personal = {
  title: 'Personal access tokens',
  maker: 'ben',
  create: { kind: 'personal', owner: 'user:7', templates: ['CollectionDevice'], expiresIn: '1h' },
  steps: ({ id, name }) => [
    {
      title: 'It registers a collection device: that is its scope',
      request: { method: 'POST', path: '/devices', body: { name: 'Gateway 12' } },
      expect: { status: 201 },
    },
    {
      title: 'It may not read policies: that is another scope',
      request: { method: 'GET', path: '/policies' },
      expect: { status: 403, challenge: 'error="insufficient_scope", scope="policies:read"' },
    },
    {
      title: 'Its user edits the scope',
      request: {
        method: 'PATCH',
        path: managed(id),
        as: 'ben',
        headers: { 'If-Match': '*' },
        body: { templates: ['CollectionDevice', 'Policy'] },
      },
      expect: { status: 200 },
    },
    {
      title: 'Now it reads policies',
      request: { method: 'GET', path: '/policies' },
      expect: { status: 200 },
    },
    {
      title: 'A second token of the same name is refused: names are unique',
      command: [
        ...[
          'create',
          '--as',
          'user:7',
          '--as-role',
          'user:7=user',
          '--kind',
          'personal',
          '--owner',
          'user:7',
        ],
        ...['--name', name, '--template', 'Policy'],
      ],
      expect: { exit: 1 },
    },
    {
      title: 'Another user cannot delete it, nor learn that it is there',
      request: { method: 'DELETE', path: managed(id), as: 'eve' },
      expect: { status: 404 },
    },
    {
      title: 'Its own user deletes it',
      command: ['delete', id, '--as', 'user:7', '--yes'],
      expect: { exit: 0 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'GET', path: '/devices' },
      expect: refused,
    },
  ],
};

/** An organization token with the admin role: it manages tokens as an admin does. */
const manager = {
  title: 'A token that manages tokens',
  maker: 'ada',
  create: { kind: 'organization', owner: 'org:acme', role: 'admin', expiresIn: '1h' },
  steps: ({ id, name }) => [
    {
      title: 'With the role of an admin it creates a token for a group below it',
      request: { method: 'POST', path: managed(), body: groupToken(name, '30m') },
      keep: { GROUP: 'token' },
      expect: { status: 201 },
    },
    {
      title: 'That token lists devices',
      request: { method: 'GET', path: '/devices', credential: 'GROUP' },
      expect: { status: 200 },
    },
    {
      title: 'But it manages no tokens: its role is user',
      request: { method: 'GET', path: managed('?owner=org:acme/group:eng'), credential: 'GROUP' },
      expect: { status: 403 },
    },
    {
      title: 'No token can create one that outlives it',
      request: { method: 'POST', path: managed(), body: groupToken(`${name} for longer`, '2h') },
      expect: { status: 403 },
    },
    {
      title: 'Another organization is out of its reach',
      request: { method: 'GET', path: managed('?owner=org:other') },
      expect: { status: 403 },
    },
    {
      title: 'The audit trail has the token as the actor of what it did',
      command: ['audit', '--owner', 'org:acme/group:eng', '--limit', '1'],
      expect: { exit: 0 },
    },
    {
      title: 'Once it is deleted, it manages nothing',
      command: ['delete', id, '--yes'],
      expect: { exit: 0 },
    },
    {
      title: 'So the API no longer knows it',
      request: { method: 'GET', path: managed('?owner=org:acme/group:eng') },
      expect: { status: 401 },
    },
  ],
};

const groupToken = (name, expiresIn) => ({
  kind: 'group',
  name,
  owner: 'org:acme/group:eng',
  expiresIn,
});

/** The token of an application, which calls the API with session tokens. */
const session = {
  title: 'Session tokens over HTTP',
  maker: 'ada',
  create: { kind: 'application', owner: 'org:acme', templates: ['library'], expiresIn: '1h' },
  steps: () => [
    {
      title: 'It gets a session token, which is never more than it is itself',
      request: { method: 'GET', path: '/oauth20/access-token' },
      keep: { SESSION: 'access_token' },
      expect: { status: 200 },
    },
    {
      title: 'The session calls the API: it searches the library',
      request: { method: 'GET', path: '/assets', credential: 'SESSION' },
      expect: { status: 200 },
    },
    {
      title: 'It may not upload: its parent may not either',
      request: { method: 'POST', path: '/assets', body: { title: 'Pier' }, credential: 'SESSION' },
      expect: { status: 403, challenge: 'error="insufficient_scope", scope="assets:upload"' },
    },
    {
      title: 'A log-out ends the session, and nothing else',
      request: { method: 'DELETE', path: '/oauth20/access-token', credential: 'SESSION' },
      expect: { status: 200 },
    },
    {
      title: 'So the session is refused',
      request: { method: 'GET', path: '/collections/north', credential: 'SESSION' },
      expect: refused,
    },
    {
      title: 'The application gets another one',
      request: { method: 'GET', path: '/oauth20/access-token' },
      keep: { SESSION: 'access_token' },
      expect: { status: 200 },
    },
    {
      title: 'That one reads a collection',
      request: { method: 'GET', path: '/collections/north', credential: 'SESSION' },
      expect: { status: 200 },
    },
    {
      title: 'The application revokes itself, and with it its sessions',
      request: { method: 'DELETE', path: '/oauth20/access-token' },
      expect: { status: 200 },
    },
    {
      title: 'So its session is refused too',
      request: { method: 'GET', path: '/collections/north', credential: 'SESSION' },
      expect: refused,
    },
    {
      title: 'And it gets no other',
      request: { method: 'GET', path: '/oauth20/access-token' },
      expect: refused,
    },
  ],
};

export const walks = [permissionSet, organization, manager, personal, session];

/** Creates the token of a walk. Its name has the time, so that each walk creates another one. */
export async function begin(walk, deployment) {
  const name = `${walk.title} ${new Date().toISOString()}`;
  const { token: credential, record } = await deployment.tokens.create(
    { ...walk.create, name },
    person(walk.maker),
  );
  return { walk, deployment, credential, record, steps: walk.steps(record) };
}
