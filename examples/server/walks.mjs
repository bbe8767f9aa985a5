/**
 * The walks through the demo, as data: one for each of the four systems. `print.mjs` prints them,
 * `run.mjs` runs them. A step is an HTTP request or a command of `leastkey`, with its expected
 * result.
 */

import { person } from './people.mjs';

const managed = (id, action = '') => `/leastkey/v1/tokens/${id}${action}`;
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
      command: ['revoke', id, '--reason', 'The walk is over'],
      confirm: true,
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
        ...['create', '--as', 'user:7', '--role', 'user:7=user', '--kind', 'personal', '--owner', 'user:7'],
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
      command: ['delete', id, '--as', 'user:7'],
      confirm: true,
      expect: { exit: 0 },
    },
    {
      title: 'The next request is refused',
      request: { method: 'GET', path: '/devices' },
      expect: refused,
    },
  ],
};

/** The token of an application, which uses session tokens. */
const session = {
  title: 'Session tokens over HTTP',
  maker: 'ada',
  create: { kind: 'application', owner: 'org:acme', templates: ['library'], expiresIn: '1h' },
  steps: () => [
    {
      title: 'It gets a session token, which is never more than it is itself',
      request: { method: 'GET', path: '/oauth20/access-token' },
      expect: { status: 200 },
    },
    {
      title: 'It revokes itself, and with it its sessions',
      request: { method: 'DELETE', path: '/oauth20/access-token' },
      expect: { status: 200 },
    },
    {
      title: 'So it gets no session any more',
      request: { method: 'GET', path: '/oauth20/access-token' },
      expect: refused,
    },
  ],
};

export const walks = [permissionSet, organization, personal, session];

/** Creates the token of a walk. Its name has the time, so that each walk creates another one. */
export async function begin(walk, deployment) {
  const name = `${walk.title} ${new Date().toISOString()}`;
  const { token: credential, record } = await deployment.tokens.create(
    { ...walk.create, name },
    person(walk.maker),
  );
  return { walk, deployment, credential, record, steps: walk.steps(record) };
}
