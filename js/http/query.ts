import { didYouMean, showName } from '../input/did-you-mean.js';
import { RequestRefused } from './refusal.js';
import { type Schema, TEXT } from './schemas/schema.js';

/** A parameter of the query. */
export interface Parameter {
  description: string;
  schema: Schema;
  required?: true;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** The query, in the types of the parameters. The core validates the values. */
export type Query = Readonly<Record<string, string | number>>;

/** Reads the query of a URL. Unknown parameters are refused. */
export function readQuery(search: URLSearchParams, parameters: Parameters): Query {
  const query: Record<string, string | number> = {};
  for (const [name, text] of search) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) throw unknown(name, parameters);
    if (Object.hasOwn(query, name)) throw malformedQuery(`The parameter ${name} is given twice.`);
    query[name] = parameter.schema.type === 'integer' ? readInteger(name, text) : text;
  }
  const missing = Object.keys(parameters).find(
    (name) => parameters[name]?.required && !Object.hasOwn(query, name),
  );
  if (missing !== undefined) throw malformedQuery(`The parameter ${missing} is required.`);
  return query;
}

/** OAuth parameters that carry a secret. */
const SECRETS = ['access_token', 'token', 'subject_token', 'actor_token', 'client_secret'];

/**
 * OAuth endpoints ignore unknown parameters (RFC 6749 §3.1), but refuse secrets: query strings end
 * in logs.
 */
export function refuseSecrets(search: URLSearchParams): void {
  const secret = SECRETS.find((name) => search.has(name));
  if (secret !== undefined)
    throw malformedQuery(`The parameter ${secret} belongs in the body, never in the query.`);
}

function readInteger(name: string, text: string): number {
  if (/^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw malformedQuery(`The parameter ${name} must be a whole number.`);
}

function unknown(name: string, parameters: Parameters): RequestRefused {
  const known = Object.keys(parameters);
  const right = known.length === 0 ? '; there are none here.' : didYouMean(name, known);
  return malformedQuery(`Unknown parameter "${showName(name)}"${right}`);
}

const malformedQuery = (detail: string) => new RequestRefused('malformed_request', detail);

export const OWNER: Parameter = {
  description: 'Whose: a resource such as `org:acme`. Default: the actor itself, where its id is a resource.',
  schema: TEXT,
};

export const LIMIT: Parameter = {
  description: 'The most items of one page.',
  schema: { type: 'integer', minimum: 1, maximum: 200 },
};

export const AFTER: Parameter = { description: 'Where the last page ended: its `next`.', schema: TEXT };
