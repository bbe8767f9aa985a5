import type { Tokens } from '../../api/tokens.js';
import type { VerifiedToken } from '../../api/verification.js';
import { readForm } from '../body.js';
import type { HandlerSettings } from '../options.js';
import { refuseSecrets } from '../query.js';
import { ALWAYS, type Route, type RouteAnswer, UNAVAILABLE, WITH_BODY } from '../route.js';
import { ref } from '../schemas/schema.js';
import { OAuthRefused } from './refusal.js';

/** One call of an OAuth endpoint. */
export interface FormCall {
  form: ReadonlyMap<string, string>;
  request: Request;
  tokens: Tokens;
  settings: HandlerSettings;
}

/** A row of an OAuth endpoint: form input, JSON output. */
export type FormRow = Pick<Route, 'path' | 'id' | 'summary' | 'description'> & {
  /** The name of the form's schema. */
  form: string;
  answers: Readonly<Record<number, RouteAnswer>>;
  run(call: FormCall): Promise<Response>;
};

const REFUSED: Readonly<Record<number, RouteAnswer>> = {
  400: { description: 'The request is wrong; `error` says how.', schema: ref('OAuthError') },
  401: {
    description: 'The client is not known here.',
    schema: ref('OAuthError'),
    headers: ['WWW-Authenticate'],
  },
};

/**
 * The route of an OAuth endpoint. It refuses in the format of OAuth; earlier refusals are problem
 * details.
 */
export function formRoute({ form: schema, answers, run, ...row }: FormRow): Route {
  return {
    ...row,
    method: 'POST',
    tag: 'OAuth',
    access: 'client',
    body: { schema, required: true, type: 'application/x-www-form-urlencoded' },
    answers: { ...answers, ...REFUSED },
    refusals: [...ALWAYS, ...WITH_BODY, ...UNAVAILABLE],
    run: async ({ request, url, tokens, settings }) => {
      refuseSecrets(url.searchParams);
      const form = await readForm(request);
      try {
        return await run({ form, request, tokens, settings });
      } catch (error) {
        if (error instanceof OAuthRefused) return error.response();
        throw error;
      }
    },
  };
}

/** Requires a field. */
export function requireField(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name);
  if (value !== undefined) return value;
  throw new OAuthRefused('invalid_request', `The field ${name} is required.`);
}

/** The scope of a token: all its permissions. Their resources are in `resource` and `resources`. */
export function scopeOf({ permissions }: Pick<VerifiedToken, 'permissions'>): string {
  return permissions.join(' ');
}
