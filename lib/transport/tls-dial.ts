import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { dialWith } from './socket-dial.js';
import { explainTls } from './tls-faults.js';
import { TlsMaterial } from './tls-material.js';

/** Made once: node:tls reads the certificates of more than a hundred authorities. */
let withoutOptions: TlsMaterial | undefined;

/** Part of {@link TlsMaterial} that dialling needs. */
export type ClientTls = Pick<
  TlsMaterial,
  'context' | 'rejectUnauthorized' | 'servername' | 'hasCertificate' | 'fault' | 'refresh'
>;

/** A socket whose handshake is over, and a function that puts the causes of its later errors into words. */
export interface DialledTls {
  readonly socket: TLSSocket;
  explain(error: Error): Error;
}

/**
 * Connects over TLS, and verifies the certificate of the server. Whether the server accepts the certificate of this end is not
 * known then: over TLS 1.3 the server looks at it later.
 */
export async function dialTls(
  endpoint: Endpoint<'tls' | 'wss'>,
  { signal, tls: given }: { readonly signal: AbortSignal; readonly tls?: ClientTls | undefined },
): Promise<DialledTls> {
  const where = describeEndpoint(endpoint);
  const tls = clientTls(given);
  const explain = (error: Error): Error => explainTls(error, where, tls);
  const make = (): TLSSocket => connect(dialOptions(endpoint, tls));
  try {
    return { socket: await dialWith({ make, event: 'secureConnect' }, signal), explain };
  } catch (error) {
    throw error instanceof Error && error !== signal.reason ? explain(error) : error;
  }
}

/** Material of a client, with files that have changed read again. */
function clientTls(given: ClientTls | undefined): ClientTls {
  if (given === undefined) {
    withoutOptions ??= new TlsMaterial({});
    return withoutOptions;
  }
  given.refresh();
  return given;
}

/** Options for dialling of node:tls. An address is no name that a client may announce. Source: RFC 6066. */
function dialOptions({ host, port }: Endpoint<'tls' | 'wss'>, tls: ClientTls): ConnectionOptions {
  const servername = tls.servername ?? (isIP(host) === 0 ? host : '');
  const { context: secureContext, rejectUnauthorized } = tls;
  return { host, port, servername, secureContext, rejectUnauthorized };
}
