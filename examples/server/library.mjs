/** The API for examples/catalogs/session.json: applications call it with session tokens. */

const ASSETS = [
  { id: 'harbour', owner: 'org:acme', title: 'Harbour at dawn' },
  { id: 'bridge', owner: 'org:acme', title: 'Bridge in fog' },
];
const COLLECTIONS = [{ id: 'north', owner: 'org:acme', title: 'The north', assets: ['harbour', 'bridge'] }];

/** Each route has the permission that it requires. `token` is the verified token of the request. */
export function libraryRoutes() {
  return [
    {
      route: 'GET /assets',
      permission: 'assets:search',
      answer: ({ token }) => ({ status: 200, body: { items: owned(ASSETS, token) } }),
    },
    {
      route: 'POST /assets',
      permission: 'assets:upload',
      answer: ({ body }) =>
        typeof body?.title === 'string'
          ? { status: 201, body: { title: body.title } }
          : { status: 400, detail: 'Send {"title": "…"}.' },
    },
    {
      route: 'GET /collections/{id}',
      permission: 'collections:read',
      answer: ({ params, token }) => {
        const collection = owned(COLLECTIONS, token).find(({ id }) => id === params.id);
        return collection === undefined
          ? { status: 404, detail: 'There is nothing of this id.' }
          : { status: 200, body: collection };
      },
    },
  ];
}

const owned = (things, token) =>
  things.filter(({ owner }) => owner === token.owner).map(({ owner, ...rest }) => rest);
