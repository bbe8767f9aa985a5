import type { Duration } from '../../api/call.js';
import type { ApiTypes } from './api-types.js';

/** JSON Schema (2020-12, as OpenAPI 3.1 has it), as far as this API needs it. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * The schema of a type. Only the compiler sees the type: it refuses a schema that differs from its
 * type in `js/api` by a member, by whether a member is optional, or by the type of one.
 */
export interface SchemaOf<Value> extends Schema {
  readonly [VALUE]: (value: Value) => Value;
}

declare const VALUE: unique symbol;

const of = <Value>(schema: Schema) => schema as SchemaOf<Value>;

/** `T` in a body: an instant is a number, and hints of ids are any text. */
export type Json<T> = T extends Date
  ? never
  : T extends string
    ? Text<T>
    : T extends readonly (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { -readonly [Name in keyof T]: Json<T[Name]> }
        : T;

/** `'admin' | (string & {})` is any text, as far as JSON is concerned. */
type Text<T extends string> = string extends T ? string : T;

/** A schema for each member of `T`. The name of an optional one ends in `?`. */
export type Members<T> = {
  readonly [Name in keyof T & string as Partial<Pick<T, Name>> extends Pick<T, Name>
    ? `${Name}?`
    : Name]-?: SchemaOf<Json<Exclude<T[Name], undefined>>>;
};

export const text = (bounds: Schema): SchemaOf<string> => of({ type: 'string', ...bounds });
export const integer = (bounds: Schema): SchemaOf<number> => of({ type: 'integer', ...bounds });

export const TEXT = text({});
export const FLAG = of<boolean>({ type: 'boolean' });
export const COUNT = integer({ minimum: 0 });
export const OBJECT = of<Record<string, unknown>>({ type: 'object' });
/** Milliseconds since the epoch. */
export const INSTANT = integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Milliseconds since the epoch.',
});
/** An instant that a client gives. */
export const GIVEN_INSTANT = of<number | string>({
  description:
    "A date ('2027-01-31', in UTC), an instant with its offset ('2027-01-31T17:00+01:00'), or milliseconds since the epoch.",
  oneOf: [
    {
      type: 'string',
      pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2}))?$',
      maxLength: 40,
    },
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
});
/** In milliseconds. */
export const MILLISECONDS = integer({ minimum: 1, description: 'Milliseconds.' });
export const DURATION = of<Duration>({
  description: "A lifetime: '90d' or ISO 8601 ('P90D').",
  type: 'string',
  pattern: '^(\\d{1,16}(ms|s|m|h|d|w)|P[0-9WDTHMS]+)$',
  maxLength: 40,
});

export const ref = <Name extends string>(name: Name) =>
  of<Name extends keyof ApiTypes ? Json<ApiTypes[Name]> : unknown>({ $ref: `#/components/schemas/${name}` });
export const constant = <const Value>(value: Value) => of<Value>({ const: value });
export const oneOf = <const Value extends string>(...values: readonly Value[]) => of<Value>({ enum: values });
export const orNull = <Value>(schema: SchemaOf<Value>) =>
  of<Value | null>({ oneOf: [schema, { type: 'null' }] });
/** A value of one of the schemas. By `oneOf` no two of them accept the same value. */
export const union = <Values extends readonly unknown[]>(
  keyword: 'oneOf' | 'anyOf',
  ...schemas: { readonly [At in keyof Values]: SchemaOf<Values[At]> }
) => of<Values[number]>({ [keyword]: schemas });
export const described = <Of extends Schema>(description: string, schema: Of): Of => ({
  ...schema,
  description,
});
/** A schema with an example that is valid for a catalog with the ids that it names. */
export const example = <Of extends Schema>(value: unknown, schema: Of): Of => ({
  ...schema,
  examples: [value],
});
export const list = <Item>(items: SchemaOf<Item>, bounds: Schema = {}) =>
  of<Item[]>({ type: 'array', items, ...bounds });
/** An object whose member names are data. */
export const mapOf = <Value>(additionalProperties: SchemaOf<Value>) =>
  of<Record<string, Value>>({ type: 'object', additionalProperties });

/** An object with exactly these members. A name that ends in `?` is optional. */
export function object(members: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(members);
  const required = entries.map(([name]) => name).filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** The schema of a type of `js/api`, with exactly its members. */
export const objectOf = <T>(members: Members<T>) => of<Json<T>>(object(members));
