import { Secrets } from '../../lib/auth/secrets.js';
import { tokenOption } from '../../lib/auth/token-option.js';
import { quietLogger } from '../../lib/diagnostics.js';
import { endpointOfUrl } from '../../lib/endpoint-url.js';
import { hasCode, messageOf, RpcCode, RpcError } from '../../lib/errors.js';
import { Line } from '../../lib/follower/line.js';
import { resolveLineOptions } from '../../lib/follower/line-options.js';
import type { PortHolder } from '../../lib/protocol/message.js';
import { RefusalCode } from '../../lib/protocol/refusal.js';
import { quoted } from '../../lib/quoted.js';
import type { ClientTls } from '../../lib/transport/tls-dial.js';
import { TlsMaterial } from '../../lib/transport/tls-material.js';
import type { ClientOptions } from '../../node-client.js';
import type { Address } from './address.js';

/** Channel that no server leads: the refusal names the process that holds the port, and the channels of that process. */
const NO_CHANNEL = '$mailstation';
/** Stands for every channel, in a list of channels. */
const ANY = '*';

/** Proofs of this end, for the question which server listens at an address. */
export interface FindingOptions {
  readonly secrets: Secrets | undefined;
  readonly tls: ClientTls | undefined;
  /** Makes the token of this end. */
  readonly token: (() => unknown) | undefined;
  readonly timeout: number;
}

/** Reads the proofs from the options of a client. Throws {@link RpcCode.InvalidArgument}. */
export function findingOptions({ secret, tls, auth }: ClientOptions, timeout: number): FindingOptions {
  return {
    secrets: secret === undefined ? undefined : new Secrets('secret', secret, quietLogger),
    tls: tls === undefined ? undefined : new TlsMaterial(tls),
    token: tokenOption('auth', auth),
    timeout,
  };
}

/**
 * Resolves to the id of the server at an address. A server without an id takes any, and the address stands for the id. Rejects with
 * the reason in words: no program listens, another one does, a proof is missing, or the server gives the id to no stranger.
 */
export async function findServer(place: Address, { secrets, tls, token, timeout }: FindingOptions): Promise<string> {
  let holder: PortHolder | undefined;
  const endpoint = endpointOfUrl('the address', place.url);
  const options = resolveLineOptions(endpoint, NO_CHANNEL, {
    ...(secrets && { secrets }),
    ...(tls && { tls }),
    ...(token && { token }),
    connectTimeout: timeout,
    asksHolder: true,
    onHolder: (found) => {
      holder = found;
    },
  });
  try {
    const line = await Line.open(options, { onGoaway: () => {}, onClosed: () => {} }, new AbortController().signal);
    line.destroy(new RpcError(RpcCode.Closed, 'the connection served only to find the server'));
    return place.address; // a server without an id, or a Leader of cluster-client
  } catch (error) {
    if (!hasCode(error, [RefusalCode.NoLeader])) throw error;
    return idOf(place, holder, error as RpcError);
  }
}

function idOf({ address }: Address, holder: PortHolder | undefined, refusal: RpcError): string {
  if (holder === undefined)
    throw new RpcError(
      RpcCode.Register,
      `${quoted(address)} does not give its id to strangers (${messageOf(refusal.cause)}): write id@${address}, or prove who you are with a secret or a certificate`,
      { cause: refusal },
    );
  // These errors have no `cause`: the refusal only says that no server has the name that was asked for, and not why.
  const fail = (why: string): RpcError => new RpcError(RpcCode.NoServer, why);
  const [first, ...others] = holder.channels.filter((channel) => channel !== ANY);
  if (first === undefined) throw fail(`the process ${holder.pid} at ${quoted(address)} leads no server at the moment`);
  if (others.length === 0) return first;
  const names = holder.channels.map((channel) => quoted(channel)).join(', ');
  throw fail(
    `the process ${holder.pid} at ${quoted(address)} leads several: ${names}; write one of them in front: ${first}@${address}`,
  );
}
