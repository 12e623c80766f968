import { execFileSync } from 'node:child_process';
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
export const TRANSPORTS = ['tcp', 'unix', 'tls', 'ws', 'wss'] as const;

/** `folder`: for the socket, and with the certificate of {@link makeCertificate}. */
export function placesOf(transport: string, folder: string, host: string): Places {
  const certFile = path.join(folder, 'cert.pem');
  const isEncrypted = transport === 'tls' || transport === 'wss';
  // TCP as most programs use it, and as older builds know it.
  if (transport === 'tcp') return { server: { host, port: 0 }, client: {}, entry: (port) => ({ host, port }) };
  const url = (port: number): string =>
    transport === 'unix' ? `unix:${path.join(folder, 'bench.sock')}` : `${transport}://${host}:${port}`;
  const tls = { certFile, keyFile: path.join(folder, 'key.pem') };
  return {
    server: { listen: url(0), ...(isEncrypted && { tls }) },
    client: isEncrypted ? { tls: { caFile: certFile } } : {},
    entry: (port) => ({ url: url(port) }),
  };
}

/** Makes a certificate for a host, by openssl. */
export function makeCertificate(folder: string, host: string): void {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    path.join(folder, 'key.pem'),
  ];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`];
  const args = ['req', '-x509', '-days', '2', ...key, ...names, '-out', path.join(folder, 'cert.pem')];
  execFileSync('openssl', args, { stdio: 'pipe' });
}
