import { messageOf, RpcCode, RpcError } from '../errors.js';
import { Line } from '../follower/line.js';
import type { LineOptions } from '../follower/line-options.js';
import type { PortHolder } from '../protocol/message.js';

/** A live holder answers within a tick; a stranger never does. */
const ASK_TIMEOUT_MS = 1_000;

/**
 * Who has the port that could not be had, in words, for the error that says so. Asks by registering on the channel;
 * blocks for a second at the most.
 */
export async function describeHolder(options: LineOptions): Promise<string> {
  const handler = { onGoaway: () => {}, onClosed: () => {} };
  try {
    const line = await Line.open({ ...options, connectTimeout: ASK_TIMEOUT_MS }, handler, new AbortController().signal);
    const { holder } = line;
    line.destroy(new RpcError(RpcCode.Closed, 'it was only asked who it is'));
    const who = holder === undefined ? 'a cluster-client Leader' : describe(holder);
    return `${who}, which leads ${JSON.stringify(options.channel)} there`;
  } catch (error) {
    return `somebody else: ${messageOf(error)}`;
  }
}

function describe({ pid, name, version }: PortHolder): string {
  return name === undefined ? `process ${pid}` : `process ${pid} (${name} ${version ?? 'of an unknown version'})`;
}
