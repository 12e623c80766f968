import type { Endpoint } from '../endpoint.js';
import { hasCode, messageOf, RpcCode, RpcError, toError } from '../errors.js';
import { Line } from '../follower/line.js';
import type { LineOptions } from '../follower/line-options.js';
import { jsonText } from '../json-text.js';
import { RefusalCode } from '../protocol/refusal.js';

/** A live holder answers within a tick; a program that is no Leader never does. ms */
const ASK_TIMEOUT_MS = 1_000;

/** The program that holds a port which this process wanted. */
export type Holder =
  /** A mailstation process that leads the channel in question. */
  | {
      readonly kind: 'ours';
      readonly pid: number;
      readonly name: string | undefined;
      readonly version: string | undefined;
    }
  /** A cluster-client process that accepted the registration. Stock Leaders do not name themselves. */
  | { readonly kind: 'stock' }
  /** A program that does not lead the channel: another channel's Leader, or no Leader at all. `error` says what happened. */
  | { readonly kind: 'stranger'; readonly error: Error; readonly endpoint: Endpoint };

/** Asks the holder of a port by registering on the channel. Resolves after a second at the latest, and never rejects. */
export async function identifyHolder(options: LineOptions): Promise<Holder> {
  const handler = { onGoaway: () => {}, onClosed: () => {} };
  try {
    const line = await Line.open(
      { ...options, connectTimeout: ASK_TIMEOUT_MS, asksHolder: true },
      handler,
      new AbortController().signal,
    );
    const { holder } = line.agreement;
    line.destroy(new RpcError(RpcCode.Closed, 'the connection served only to identify the holder of the port'));
    if (holder === undefined) return { kind: 'stock' };
    return { kind: 'ours', pid: holder.pid, name: holder.name, version: holder.version };
  } catch (error) {
    return { kind: 'stranger', error: toError(error), endpoint: options.endpoint };
  }
}

/** The holder in words, to follow "port 3333 is in use, by ". `channel`: undefined for a server without an id. */
export function describeHolder(holder: Holder, channel: string | undefined): string {
  const leads = `which leads ${channel === undefined ? 'a channel' : jsonText(channel)} there`;
  if (holder.kind === 'stock') return `a cluster-client Leader, ${leads}`;
  if (holder.kind === 'stranger') {
    const place = holder.endpoint.transport === 'unix' ? 'path' : 'port';
    return `${describeStranger(holder.error, channel)}; choose another ${place}`;
  }
  const { pid, name, version = 'of an unknown version' } = holder;
  return `process ${pid}${name === undefined ? '' : ` (${name} ${version})`}, ${leads}`;
}

/** A mailstation process refuses with a code, and its reason names the process and the channels that the process leads. */
function describeStranger(error: Error, channel: string | undefined): string {
  if (hasCode(error, [RpcCode.Unauthenticated]))
    return `a process that has not proven the \`secret\` of this one: ${messageOf(error)}`;
  if (!hasCode(error, [RefusalCode.NoLeader])) {
    const program = channel === undefined ? 'another program' : `a program that does not lead ${jsonText(channel)}`;
    return `${program}: ${messageOf(error)}`;
  }
  return `another mailstation process: ${messageOf(error.cause)}`;
}
