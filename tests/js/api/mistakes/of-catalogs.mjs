/** Mistakes in catalogs. */

import { createTokens } from 'leastkey';
import { catalog, options } from './world.mjs';

const code = 'invalid_input';

const withCatalog = (changes) => () => createTokens(options({ catalog: { ...catalog, ...changes } }));
const withTemplate = (template) => withCatalog({ templates: { sender: { title: 'Send', ...template } } });
const withRoute = (route, more) =>
  withCatalog({
    services: { s: { title: 'S', permissions: { a: { title: 'A', routes: [route] } } } },
    templates: {},
    roles: {},
    ...more,
  });

export default [
  {
    mistake: 'a point between service and permission',
    call: withTemplate({ permissions: ['messages.send'] }),
    expect: {
      code,
      where: '$.templates.sender.permissions[0]',
      what: /messages\.send/,
      right: /"messages:send"/,
    },
  },
  {
    mistake: 'a misspelt permission in a template',
    call: withTemplate({ permissions: ['messages:sned'] }),
    expect: {
      code,
      where: '$.templates.sender.permissions[0]',
      what: /"messages:sned"/,
      right: /"messages:send"/,
    },
  },
  {
    mistake: 'a misspelt template in extends',
    call: withCatalog({
      templates: { ...catalog.templates, both: { title: 'Both', extends: ['sendr'] } },
    }),
    expect: { code, where: '$.templates.both.extends[0]', what: /"sendr"/, right: /"sender"/ },
  },
  {
    mistake: 'a star over groups',
    call: withTemplate({ permissions: ['policies:*'] }),
    expect: {
      code,
      where: '$.templates.sender.permissions[0]',
      what: /"policies:\*"/,
      right: /"policies:\*\*"/,
    },
  },
  {
    mistake: 'the scopes of OAuth in place of services',
    call: () => createTokens(options({ catalog: { scopes: ['messages:send'] } })),
    expect: { code, where: '$.scopes', what: /unknown member "scopes"/, right: /services/ },
  },
  {
    mistake: 'permissions of a service as a list',
    call: withCatalog({ services: { s: { title: 'S', permissions: ['send'] } }, templates: {}, roles: {} }),
    expect: {
      code,
      where: '$.services.s.permissions',
      what: /expected an object, got an array/,
      right: /\{ "send": "Send" \}|\{ send: /,
    },
  },
  {
    mistake: 'a misspelt title',
    call: withCatalog({ services: { s: { titel: 'S', permissions: { a: 'A' } } }, templates: {}, roles: {} }),
    expect: { code, where: '$.services.s.titel', what: /unknown member "titel"/, right: /"title"/ },
  },
  {
    mistake: 'a template as the list of its permissions',
    call: withCatalog({ templates: { sender: ['messages:send'] } }),
    expect: {
      code,
      where: '$.templates.sender',
      what: /expected an object, got an array/,
      right: /permissions: \[|"permissions": \[/,
    },
  },
  {
    mistake: 'roles as a list',
    call: withCatalog({ roles: ['user'] }),
    expect: {
      code,
      where: '$.roles',
      what: /expected an object, got an array/,
      right: /permissions/,
    },
  },
  {
    mistake: "a route's parameter as in Express",
    call: withRoute('GET /m/:id'),
    expect: { code, where: '$.services.s.permissions.a.routes[0]', what: /":id"/, right: /"?\{id\}"?/ },
  },
  {
    mistake: "a route's parameter as in Next.js",
    call: withRoute('GET /a/[id]'),
    expect: { code, where: '$.services.s.permissions.a.routes[0]', what: /"?\[id\]"?/, right: /\{id\}/ },
  },
  {
    mistake: "a route's parameter as in Flask",
    call: withRoute('GET /a/<id>'),
    expect: { code, where: '$.services.s.permissions.a.routes[0]', what: /"?<id>"?/, right: /\{id\}/ },
  },
  {
    mistake: 'a route without a method',
    call: withRoute('/messages'),
    expect: { code, where: '$.services.s.permissions.a.routes[0]', what: /method/, right: /GET \/messages/ },
  },
  {
    mistake: 'a lifetime in seconds',
    call: withCatalog({ kinds: { 'permission-set': { lifetime: { longest: 7_776_000 } } } }),
    expect: {
      code,
      where: '$.kinds["permission-set"].lifetime.longest',
      what: /7776000 has no unit/,
      right: /"90d"/,
    },
  },
  {
    mistake: 'a kind with a misspelt action',
    call: withCatalog({ kinds: { 'permission-set': { actions: ['revok'] } } }),
    expect: { code, where: '$.kinds["permission-set"].actions[0]', what: /"revok"/, right: /"revoke"/ },
  },
];
