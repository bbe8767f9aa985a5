/** One connection through the proxy: passes bytes in both directions, and carries out the fault. */

import type { Socket } from 'node:net';
import type { FaultState } from './fault-state.js';

/** A server that has sent nothing for this long has finished its answer, in milliseconds. */
const QUIET = 25;

/** How long a server may still work on what it has received after its client is cut off. */
const LINGER = 500;

/** An HTTP request may come as the first of a connection; other protocols begin with a greeting. */
const HTTP = /^[A-Z]+ \//;

/** What happens to the bytes of a connection. */
type Mode = 'pass' | 'drop' | 'repeating';

export class Disturbed {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #state: FaultState;
  #mode: Mode = 'pass';
  /** The side that sent last. */
  #last: 'client' | 'server' | undefined;
  /** Whether an answer came before the fault was set: later requests are no greeting. */
  #greeted = false;
  /** The bytes of the request that is sent a second time; absent: of none. */
  #copy: Buffer[] | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  /** How many pieces wait for a delay, and when the last of them has passed. */
  #waiting = 0;
  #passed: Promise<void> = Promise.resolve();
  /** What came from the client while its request was repeated. */
  readonly #held: Buffer[] = [];

  constructor(client: Socket, server: Socket, state: FaultState) {
    this.#client = client;
    this.#server = server;
    this.#state = state;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (bytes) => this.#fromClient(bytes));
    server.on('data', (bytes) => this.#fromServer(bytes));
    // What one side closes, is closed for the other; an error is followed by a close.
    client.on('error', () => {}).on('close', () => this.#clientGone());
    server.on('error', () => {}).on('close', () => client.destroy());
    this.faultChanged();
  }

  /** Stalls or goes on, as the fault says. */
  faultChanged(): void {
    const stalled = this.#state.fault?.kind === 'stall';
    for (const socket of [this.#client, this.#server]) {
      if (stalled) socket.pause();
      else socket.resume();
    }
  }

  #fromClient(bytes: Buffer): void {
    if (this.#mode === 'drop') return;
    const answered = this.#copy !== undefined && this.#last === 'server';
    if (this.#mode === 'repeating' || answered) {
      this.#held.push(bytes);
      return;
    }
    if (this.#last !== 'client') {
      this.#last = 'client';
      if (this.#state.beginRequest()) {
        this.#mode = 'drop';
        this.#client.destroy();
        this.#server.destroy();
        return;
      }
      if ((this.#greeted || HTTP.test(bytes.toString('latin1'))) && this.#state.duplicates()) this.#copy = [];
    }
    this.#copy?.push(bytes);
    this.#later(() => this.#server.write(bytes));
  }

  #fromServer(bytes: Buffer): void {
    if (this.#mode === 'drop') return;
    if (this.#mode === 'repeating') {
      // The answer to the repetition, which the client must not see.
      this.#whenQuiet(() => this.#repeated());
      return;
    }
    if (this.#last !== 'server') {
      this.#last = 'server';
      if (this.#state.beginAnswer()) {
        // The server is left to finish what it was asked.
        this.#mode = 'drop';
        this.#client.destroy();
        return;
      }
      this.#greeted = true;
    }
    this.#later(() => this.#client.write(bytes));
    if (this.#copy !== undefined) this.#whenQuiet(() => this.#repeat());
  }

  #repeat(): void {
    this.#mode = 'repeating';
    for (const bytes of this.#copy ?? []) this.#server.write(bytes);
    this.#copy = undefined;
    this.#whenQuiet(() => this.#repeated());
  }

  #repeated(): void {
    this.#mode = 'pass';
    this.#last = 'server';
    for (const bytes of this.#held.splice(0)) this.#fromClient(bytes);
  }

  #whenQuiet(then: () => void): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(then, QUIET);
  }

  /** Passes bytes after the delay of the fault, and never before bytes that still wait. */
  #later(pass: () => void): void {
    const { fault } = this.#state;
    if (fault?.kind !== 'delay' && this.#waiting === 0) {
      pass();
      return;
    }
    const delay = fault?.kind === 'delay' ? fault.milliseconds : 0;
    this.#waiting += 1;
    this.#passed = this.#passed.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      this.#waiting -= 1;
      pass();
    });
  }

  #clientGone(): void {
    clearTimeout(this.#quiet);
    if (this.#mode === 'drop') setTimeout(() => this.#server.destroy(), LINGER);
    else this.#server.destroy();
  }
}
