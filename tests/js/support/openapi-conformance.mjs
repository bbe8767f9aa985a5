/** Checks responses against an OpenAPI document: every response must be declared. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const Ajv = createRequire(import.meta.url)('ajv/dist/2020.js');

/** What the handler guarantees for every response. */
const everywhere = { 'x-content-type-options': 'nosniff' };

export class Conformance {
  /** `POST /tokens 201` for each response that was seen. */
  seen = new Set();
  #document;
  #ajv = new Ajv({ strict: false, allErrors: true });
  #paths;

  constructor(document) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'api', components: document.components });
    // The id of an account may contain slashes; a verb at the end wins, so longer paths go first.
    const paths = Object.keys(document.paths).sort((one, other) => other.length - one.length);
    this.#paths = paths.map((path) => {
      const id = path.includes('/accounts/') ? '[^/]+(?:/[^/]+)*' : '[^/]+';
      return { path, pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, id)}$`) };
    });
  }

  /** Fails unless the document declares this response to this request: status, headers and body. */
  async require(request, response) {
    const { pathname } = new URL(request.url);
    const about = `${request.method} ${pathname} ${response.status}`;
    for (const [name, value] of Object.entries(everywhere))
      assert.equal(response.headers.get(name), value, about);
    const cached = response.headers.has('etag') ? 'no-store, no-transform' : 'no-store';
    assert.equal(response.headers.get('cache-control'), cached, about);
    const path = this.#paths.find(({ pattern }) => pattern.test(pathname))?.path;
    const text = await response.clone().text();
    if (path === undefined) return this.#requireRefusal(response.status === 404, response, text, about);
    const methods = Object.keys(this.#document.paths[path]).map((method) => method.toUpperCase());
    if (request.method === 'OPTIONS') return assert.equal(response.status, 204, about);
    const head = request.method === 'HEAD' && methods.includes('GET');
    const operation = this.#document.paths[path][head ? 'get' : request.method.toLowerCase()];
    if (operation === undefined) return this.#requireRefusal(response.status === 405, response, text, about);

    const declared = operation.responses[response.status];
    assert.ok(declared, `${about}: not declared\n${text}`);
    for (const name of Object.keys(declared.headers ?? {})) {
      // A status can have one response with a header and one without, distinguished by their types.
      if (declared.content === undefined || Object.keys(declared.content).length === 1) {
        assert.ok(response.headers.has(name), `${about}: lacks ${name}`);
      }
    }
    this.seen.add(`${head ? 'HEAD' : request.method} ${path} ${response.status}`);
    if (head) return assert.equal(text, '', about);
    if (declared.content === undefined) return assert.equal(text, '', about);
    const type = response.headers.get('content-type');
    assert.ok(Object.hasOwn(declared.content, type), `${about}: ${type} is not declared`);
    if (type === 'application/jsonl') {
      for (const line of text.split('\n').slice(0, -1))
        this.#requireShape(declared.content[type].schema, line, about);
    } else {
      this.#requireShape(declared.content[type].schema, text, about);
    }
  }

  #requireRefusal(right, response, text, about) {
    assert.ok(right, `${about}: nothing is declared there`);
    assert.equal(response.headers.get('content-type'), 'application/problem+json', about);
    if (text !== '') this.#requireShape({ $ref: '#/components/schemas/Problem' }, text, about);
  }

  #requireShape(schema, text, about) {
    const validate = this.#ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));
    assert.ok(validate(JSON.parse(text)), `${about}: ${this.#ajv.errorsText(validate.errors)}\n${text}`);
  }
}
