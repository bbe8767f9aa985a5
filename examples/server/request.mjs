import { actorHeader } from './people.mjs';

/**
 * The headers of a step's request: with the credential of the walk (`token`), with an `altered`
 * one, without one, or as a user of the demo.
 */
export function headersOf({ body, as, credential = as === undefined ? 'own' : 'none', headers }, token) {
  const bearer = { own: token, altered: `x${token}` }[credential];
  return {
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    ...(as === undefined ? {} : { [actorHeader]: as }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  };
}
