/**
 * A TCP proxy that disturbs the traffic between the client of a store and its server, for Node and
 * runtimes with `node:net`. It knows no protocol: a request is what the client sends after an
 * answer, and an answer is what the server sends after a request.
 *
 * @packageDocumentation
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Store } from '../api/store.js';
import { Disturbed } from './disturbed-connection.js';
import { FaultState } from './fault-state.js';
import type { Fault, FaultyLink } from './store-under-test.js';

/** The server before which a proxy stands. */
export interface ProxyTarget {
  /** Default `127.0.0.1`. */
  host?: string;
  port: number;
}

/** A running proxy. Its faults apply to all of its connections. */
export interface FaultProxy {
  /** Where clients connect to. */
  readonly host: string;
  readonly port: number;
  /** Sets the fault for the traffic that follows, in place of an earlier one. */
  arm(fault: Fault): void;
  /** Ends the fault. */
  heal(): void;
  /** Whether the fault that was set last has happened. */
  readonly struck: boolean;
  /** A store that connects through this proxy, as the `link` of a store under test. */
  link(store: Store): FaultyLink;
  /** Closes all connections, and the proxy. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Starts a proxy on a free port of loopback.
 *
 * @example
 * const proxy = await faultProxy({ port: 5432 });
 * const pool = new pg.Pool({ host: proxy.host, port: proxy.port });
 * const link = proxy.link(postgresStore(pool));
 * const report = await checkStore(() => ({ store: direct, link }));
 */
export async function faultProxy({ host = LOOPBACK, port }: ProxyTarget): Promise<FaultProxy> {
  const state = new FaultState();
  const connections = new Set<Disturbed>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    const connection = new Disturbed(client, upstream, state);
    connections.add(connection);
    client.on('close', () => connections.delete(connection));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const change = (fault: Fault | undefined) => {
    state.set(fault);
    for (const connection of connections) connection.faultChanged();
  };
  return {
    host: LOOPBACK,
    port: (server.address() as AddressInfo).port,
    arm: change,
    heal: () => change(undefined),
    get struck() {
      return state.struck;
    },
    link: (store) => ({
      store,
      arm: change,
      heal: () => change(undefined),
      get struck() {
        return state.struck;
      },
    }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
