import type { AuditQuery } from '../../api/audit.js';
import { LIMIT, type Parameters } from '../query.js';
import { json, type Route } from '../route.js';
import { ref, TEXT } from '../schemas/schema.js';
import { managed } from './management-route.js';

const WHICH: Parameters = {
  owner: { description: 'Whose changes.', schema: TEXT, required: true },
  token: { description: 'Only of this token.', schema: TEXT },
  account: { description: 'Only of this account.', schema: TEXT },
  after: { description: 'Where the last page ended: its `next`.', schema: { type: 'integer', minimum: 0 } },
};

/** The audit trail. */
export function auditRoutes(basePath: string): Route[] {
  return managed(basePath, 'Audit', [
    {
      method: 'GET',
      path: '/audit',
      id: 'listAudit',
      summary: 'The changes of an owner, a page at a time',
      query: {
        ...WHICH,
        order: {
          description: 'Default `newest`.',
          schema: { type: 'string', enum: ['newest', 'oldest'] },
        },
        limit: LIMIT,
      },
      answers: { 200: { description: 'A page.', schema: ref('AuditPage') } },
      refusals: ['forbidden'],
      run: async ({ tokens, query, actor }) =>
        json(await tokens.audit(query as unknown as AuditQuery, actor)),
    },
    {
      method: 'GET',
      path: '/audit/export',
      id: 'exportAudit',
      summary: 'The changes of an owner as JSON Lines, oldest first',
      description: 'If the connection ends before the end of the last line, the export is incomplete.',
      query: WHICH,
      answers: {
        200: { description: 'An entry a line.', schema: ref('AuditEntry'), type: 'application/jsonl' },
      },
      refusals: ['forbidden'],
      run: async ({ tokens, query, actor, request }) => {
        const lines = tokens.exportAudit(query as unknown as AuditQuery, actor, { signal: request.signal });
        // The first line is read before the response, so that a refusal can have its status.
        const first = await lines.next();
        return new Response(streamOf(first, lines), { headers: { 'Content-Type': 'application/jsonl' } });
      },
    },
  ]);
}

/** A stream of lines. A later failure aborts it, so that a part is not mistaken for the whole. */
function streamOf(
  first: IteratorResult<string, void>,
  lines: AsyncGenerator<string, void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let turn: IteratorResult<string, void> | undefined = first;
  return new ReadableStream(
    {
      async pull(controller) {
        turn ??= await lines.next();
        if (turn.done) return controller.close();
        controller.enqueue(encoder.encode(turn.value));
        turn = undefined;
      },
      async cancel() {
        await lines.return();
      },
    },
    { highWaterMark: 0 },
  );
}
