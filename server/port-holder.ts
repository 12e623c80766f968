import { describeHolder, identifyHolder } from '../lib/election/holder.js';
import type { Endpoint } from '../lib/endpoint.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { type LineOptions, resolveLineOptions } from '../lib/follower/line-options.js';
import type { ResolvedListeningOptions } from '../lib/leader/options.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import type { ClientTls } from '../lib/transport/tls-dial.js';
import type { TlsMaterial } from '../lib/transport/tls-material.js';

/** Options of a line to the process that holds an endpoint which a server wants. */
export function lineToHolder(endpoint: Endpoint, channel: string, options: ResolvedListeningOptions): LineOptions {
  const { heartbeatInterval, maxFrameBytes, maxQueuedBytes, flushInterval, secrets } = options;
  const tls = tlsToHolder(options.doors[0].tls);
  const settings = { tls, secrets, heartbeatInterval, maxFrameBytes, maxQueuedBytes, flushInterval, asksHolder: true };
  return resolveLineOptions(endpoint, channel, { ...settings, codecs: ['msgpack'], maxInFlight: 1 });
}

/**
 * The holder of the endpoint need not prove a name: the line asks for the name and the end of the holder, and carries no call. A program
 * that has taken the endpoint keeps this server out in any case.
 */
function tlsToHolder(tls: TlsMaterial | undefined): ClientTls | undefined {
  if (tls === undefined) return undefined;
  return {
    rejectUnauthorized: false,
    servername: tls.servername,
    hasCertificate: tls.hasCertificate,
    refresh: () => tls.refresh(),
    get context() {
      return tls.context;
    },
    get fault() {
      return tls.fault;
    },
  };
}

/** Listens. Rejects for a held endpoint with the name of its holder, which the line to the endpoint asks for. */
export async function listenOrNameHolder(
  acceptor: ServerAcceptor,
  lineTo: (endpoint: Endpoint) => LineOptions,
  id: string | undefined,
): Promise<void> {
  try {
    await acceptor.listen();
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== RpcCode.AddressInUse) throw error;
    throw await withHolder(error, lineTo(acceptor.claimed), id);
  }
}

/** The error of a held endpoint, with the holder's name. `id`: that of the server. Never rejects. */
async function withHolder(error: RpcError, line: LineOptions, id: string | undefined): Promise<RpcError> {
  const holder = await identifyHolder(line);
  const advice =
    holder.kind === 'stranger'
      ? ''
      : '; with `standby: true` this server would wait until that process ends, and then take over';
  const message = `${error.message}, by ${describeHolder(holder, id)}${advice}`;
  return new RpcError(error.code, message, { cause: error.cause });
}
