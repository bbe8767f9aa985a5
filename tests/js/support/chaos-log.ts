/** What the processes of a chaos run wrote, and what may not be in it. */

export type ChaosOperation = 'create' | 'rotate' | 'revoke' | 'exchange' | 'verify' | 'window' | 'use';

/** A credential that an operation has made. */
export interface KnownToken {
  id: string;
  token: string;
  /** Of a session: the token that it was exchanged for. */
  parent?: string;
}

export interface ChaosBegin {
  call: string;
  operation: ChaosOperation;
  began: number;
  id?: string;
  token?: string;
}

export interface ChaosEnd {
  call: string;
  ended: number;
  /** `unknown`: it may have been applied or not. */
  outcome: 'done' | 'refused' | 'unknown';
  code?: string;
  made?: KnownToken;
}

/** An operation; without an end, its process was killed in the middle of it. */
type Call = ChaosBegin & Partial<ChaosEnd>;

/** The window of the verifications called `window`, in milliseconds. */
const WINDOW = 1_000;

export class ChaosLog {
  readonly #calls = new Map<string, Call>();
  /** The credentials, with the operation that made them. */
  readonly #made = new Map<string, KnownToken & { since: number }>();

  /** Adds a line of a process. Returns the token that it tells of. */
  add(line: string): KnownToken | undefined {
    const event = JSON.parse(line) as ChaosBegin | ChaosEnd;
    const call = { ...this.#calls.get(event.call), ...event } as Call;
    this.#calls.set(event.call, call);
    if (call.ended !== undefined && call.made !== undefined)
      this.#made.set(call.made.token, { ...call.made, since: call.ended });
    return 'made' in event ? event.made : undefined;
  }

  /** The number of operations that have begun. */
  get size(): number {
    return this.#calls.size;
  }

  get calls(): Call[] {
    return [...this.#calls.values()];
  }

  /** Acknowledged operations of a kind. */
  acknowledged(operation: ChaosOperation): Call[] {
    return this.calls.filter((call) => call.operation === operation && call.outcome === 'done');
  }

  /** Operations of a kind that may have been applied, though nobody was told. */
  unknown(operation: ChaosOperation): Call[] {
    return this.calls.filter(
      (call) => call.operation === operation && (call.outcome === undefined || call.outcome === 'unknown'),
    );
  }

  /** Verifications that accepted what was acknowledged as ended before they began. */
  violations(): string[] {
    const revoked = new Map<string, number>();
    for (const { id, ended = 0 } of this.acknowledged('revoke'))
      revoked.set(id as string, Math.min(ended, revoked.get(id as string) ?? Number.POSITIVE_INFINITY));
    const rotations = this.acknowledged('rotate');
    const found: string[] = [];
    for (const call of [...this.acknowledged('verify'), ...this.acknowledged('window')]) {
      if (call.code !== 'valid') continue;
      const made = this.#made.get(call.token as string);
      const late = call.began - (call.operation === 'window' ? WINDOW : 0);
      const ends = [call.id, made?.parent].map((id) => revoked.get(id ?? '') ?? Number.POSITIVE_INFINITY);
      if (ends.some((end) => end < late))
        found.push(`${call.operation} accepted ${call.id}, which was revoked before`);
      const replaced = rotations.find(
        ({ id, began, ended = 0 }) =>
          id === call.id && began > (made?.since ?? Number.POSITIVE_INFINITY) && ended < late,
      );
      if (replaced !== undefined)
        found.push(`${call.operation} accepted a secret of ${call.id} that was rotated out before`);
    }
    return found;
  }

  /** The number of operations of each kind: acknowledged, refused, unknown. */
  counts(): Record<string, { done: number; refused: number; unknown: number }> {
    const counts: Record<string, { done: number; refused: number; unknown: number }> = {};
    for (const { operation, outcome = 'unknown' } of this.calls) {
      counts[operation] ??= { done: 0, refused: 0, unknown: 0 };
      (counts[operation] as { done: number; refused: number; unknown: number })[outcome] += 1;
    }
    return counts;
  }
}
