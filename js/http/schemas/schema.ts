/** JSON Schema (2020-12, as OpenAPI 3.1 has it), as far as this API needs it. */
export type Schema = Readonly<Record<string, unknown>>;

export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean' } as const;
export const COUNT = { type: 'integer', minimum: 0 } as const;
/** Milliseconds since the epoch. */
export const INSTANT = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Milliseconds since the epoch.',
} as const;
export const DURATION = {
  description: "A lifetime: '90d', ISO 8601 ('P90D') or milliseconds.",
  oneOf: [
    { type: 'string', pattern: '^(\\d{1,16}(ms|s|m|h|d|w)|P[0-9WDTHMS]+)$', maxLength: 40 },
    { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  ],
} as const;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const oneOf = (...values: readonly (string | null)[]): Schema => ({ enum: values });
export const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
export const described = (description: string, schema: Schema): Schema => ({ ...schema, description });
export const list = (items: Schema, bounds: Schema = {}): Schema => ({ type: 'array', items, ...bounds });
/** A schema with an example that is valid for a catalog with the ids that it names. */
export const example = (value: unknown, schema: Schema): Schema => ({ ...schema, examples: [value] });
/** An object whose member names are data. */
export const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });

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
