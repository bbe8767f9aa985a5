import { readQuery } from '../query.js';
import { ALWAYS, json, type Route } from '../route.js';
import { openApiDocument } from './document.js';

/** The route of the OpenAPI document. */
export function openApiRoute(path: string, others: readonly Route[], cookie: boolean): Route {
  let document: object | undefined;
  const route: Route = {
    method: 'GET',
    path,
    id: 'getOpenApi',
    tag: 'About',
    summary: 'This document',
    access: 'anybody',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } } },
    refusals: ALWAYS,
    run: async ({ url }) => {
      readQuery(url.searchParams, {});
      document ??= openApiDocument([...others, route], cookie);
      return json(document);
    },
  };
  return route;
}
