import path from 'node:path';
import type { ClientOptions, ServerAtUrl, ServerInfo, ServerOptions } from 'mailstation';

/** Where a server listens over one transport, and how a client finds the server. */
export interface Places {
  readonly server: Partial<ServerOptions>;
  readonly client: ClientOptions;
  /** Fields of the server's entry in the roster. */
  entry(port: number): Pick<ServerInfo, 'host' | 'port'> | Pick<ServerAtUrl, 'url'>;
}

/** The transports, each by the scheme of its URLs. */
export const TRANSPORTS = ['tcp', 'unix', 'ws'] as const;

/** `folder`: for the files that the transport needs. */
export function placesOf(transport: string, folder: string, host: string): Places {
  // TCP as most programs use it, and as older builds know it.
  if (transport === 'tcp') return { server: { host, port: 0 }, client: {}, entry: (port) => ({ host, port }) };
  const url = (port: number): string =>
    transport === 'unix' ? `unix:${path.join(folder, 'bench.sock')}` : `${transport}://${host}:${port}`;
  return {
    server: { listen: url(0) },
    client: {},
    entry: (port) => ({ url: url(port) }),
  };
}
