import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext } from 'node:test';
import type { ClientOptions } from '../../../client/options.js';
import type { ClusterOptions } from '../../../lib/cluster/options.js';
import { type Endpoint, endpointOf, unixEndpoint } from '../../../lib/endpoint.js';
import type { HostTransport } from '../../../lib/endpoint-forms.js';
import { TlsMaterial } from '../../../lib/transport/tls-material.js';
import type { DialOptions, Listener, ListenOptions } from '../../../lib/transport/transport.js';
import { listen } from '../../../lib/transport/transports.js';
import type { ServerOptions } from '../../../server.js';
import { unusedPort } from '../../behaviour/support.js';
import { authority, tlsOf, withoutOpenssl } from '../../support/certificates.js';

type Cleanup = Pick<TestContext, 'after'>;

/** How the suite uses a transport. A transport joins the suite by one entry in {@link TRANSPORTS}. */
export interface TransportUnderTest {
  readonly name: string;
  /** A place to listen at that is the test's own: a port of the system's choice, a path in a new folder. */
  place(t: Cleanup): Endpoint;
  /** A place that answers no packet, so that a dial hangs until it is given up. Undefined: this transport has none. */
  readonly silent: Endpoint | undefined;
  /** Code of the error of a dial where no process listens. */
  readonly refusedCode: string;
  /** Name of the accepted end, for messages. */
  readonly peer: RegExp;
  /** Options by which processes of a machine meet over this transport. Undefined: none meet over it. */
  readonly meeting?: (t: Cleanup) => Promise<Pick<ClusterOptions, 'port' | 'path' | 'tls'>>;
  readonly dialing?: Partial<DialOptions>;
  readonly listening?: Partial<ListenOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly client?: Partial<ClientOptions>;
}

const loopback = (transport: HostTransport) => () => endpointOf({ transport, port: 0 });
const unreachable = (transport: HostTransport) => endpointOf({ transport, host: '192.0.2.1', port: 9 });

/** A path in a folder that is there for this place alone. */
function newPath(t: Cleanup): Endpoint<'unix'> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return unixEndpoint(join(folder, 'a.sock'));
}

const TRANSPORTS: readonly TransportUnderTest[] = [
  {
    name: 'tcp',
    place: loopback('tcp'),
    silent: unreachable('tcp'),
    refusedCode: 'ECONNREFUSED',
    peer: /^127\.0\.0\.1:\d+$/,
    meeting: async (t) => ({ port: await unusedPort(t) }),
  },
  {
    name: 'unix',
    place: newPath,
    silent: undefined,
    refusedCode: 'ENOENT',
    peer: /^unix:\/.*\/a\.sock#\d+$/,
    meeting: async (t) => ({ path: newPath(t).path }),
  },
  {
    name: 'ws',
    place: loopback('ws'),
    silent: unreachable('ws'),
    refusedCode: 'ECONNREFUSED',
    peer: /^ws:\/\/127\.0\.0\.1:\d+$/,
  },
];

/** A transport over TLS. `isMutual`: the caller has a certificate too. */
function secured(transport: 'tls' | 'wss', isMutual: boolean): TransportUnderTest {
  const server = tlsOf('server', isMutual);
  const client = isMutual ? tlsOf('client') : { ca: authority().ca };
  return {
    name: isMutual ? `mutual ${transport}` : transport,
    place: loopback(transport),
    silent: unreachable(transport),
    refusedCode: 'ECONNREFUSED',
    peer: new RegExp(`^${transport}://127\\.0\\.0\\.1:\\d+$`),
    ...(transport === 'tls' && { meeting: async (t) => ({ port: await unusedPort(t), tls: tlsOf('server') }) }),
    dialing: { tls: new TlsMaterial(client) },
    listening: { tls: new TlsMaterial(server) },
    server: { tls: server },
    client: { tls: client },
  };
}

/** All transports of this machine: those over TLS need certificates, which openssl makes. */
export function allTransports(): readonly TransportUnderTest[] {
  if (withoutOpenssl !== false) return TRANSPORTS;
  const overTls = [false, true].flatMap((isMutual) => [secured('tls', isMutual), secured('wss', isMutual)]);
  return [...TRANSPORTS, ...overTls];
}

/** Says the same of every transport. */
export function everyTransport(suite: (transport: TransportUnderTest) => void): void {
  const all = allTransports();
  for (const transport of TRANSPORTS) describe(`over ${transport.name}`, () => suite(transport));
  describe('over TLS', { skip: withoutOpenssl }, () => {
    for (const transport of all.slice(TRANSPORTS.length)) describe(`over ${transport.name}`, () => suite(transport));
  });
}

/** A place where no process listens any more. */
export async function unusedPlace(t: Cleanup, transport: TransportUnderTest): Promise<Endpoint> {
  const idle = { handshakeTimeout: 10_000, onStream() {}, onError() {}, ...transport.listening };
  const listener = await listen(transport.place(t), idle);
  await listener.close();
  return listener.endpoint;
}

/** A connection of the system to a listener, without a handshake of the transport. */
export function bareSocket(t: Cleanup, { endpoint }: Pick<Listener, 'endpoint'>): Socket {
  const socket = connect(endpoint);
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}
