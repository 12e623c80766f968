import type { MethodDescription } from '../index.js';
import { codeOf } from '../lib/error-parts.js';
import { messageOf, RpcCode, toError } from '../lib/errors.js';
import type { Asking } from '../observe/fleet/index.js';
import { inParallel, type SampleFailure, type ServerSample } from '../observe/fleet/index.js';
import { describeAll } from './call/method-name.js';
import { ExitCode, exitCodeOf, optionsFor } from './exit-code.js';

/** Servers that are asked for their methods at once: descriptions may be long. */
const AT_ONCE = 8;

/** Methods of a server, or the reason why it does not say them. */
export interface DescribedServer {
  readonly server: ServerSample;
  /** Null where the server did not answer. */
  readonly methods: readonly MethodDescription[] | null;
  readonly failure: SampleFailure | null;
}

/** Asks each server that can be reached for the methods whose names begin with `prefix`. Never rejects. */
export function describeServers(
  client: Asking,
  servers: readonly ServerSample[],
  prefix: string,
): Promise<readonly DescribedServer[]> {
  return inParallel(servers, AT_ONCE, async (server) => {
    if (server.state !== 'answered' && server.state !== 'refused')
      return { server, methods: null, failure: server.failure };
    try {
      return { server, methods: await describeAll(client, server.id, prefix), failure: null };
    } catch (error) {
      const code = String(codeOf(toError(error)) ?? RpcCode.Remote);
      return { server, methods: null, failure: { code, message: messageOf(error) } };
    }
  });
}

/** Exit code for a set of servers: that of the first one which could not be asked, whatever the others have answered. */
export function exitCodeFor(servers: readonly ServerSample[]): ExitCode {
  const failed = servers.find(({ state }) => state !== 'answered');
  if (failed === undefined) return ExitCode.Ok;
  return failed.failure === null ? ExitCode.Unreachable : exitCodeOf(failed.failure.code);
}

/** Why a server did not answer, or is not well: one sentence each. */
export function reasonsOf({ failure, state, health }: ServerSample): readonly string[] {
  if (failure !== null)
    return [state === 'refused' ? whyRefused(failure) : `${failure.message}${optionsFor(failure)} (${failure.code})`];
  return (health?.namespaces ?? [])
    .filter(({ status }) => status === 'not-serving')
    .map(({ namespace, reason }) => `${namespace} is not served${reason === undefined ? '' : `: ${reason}`}`);
}

function whyRefused({ code, message }: SampleFailure): string {
  if (code === RpcCode.NoMethod)
    return `the server answers no questions about itself: its version of mailstation is older, or its option inspect is false (${code})`;
  if (code === RpcCode.Forbidden)
    return `the server answers no questions of strangers: prove a secret or a certificate, or let its option expose name $mailstation.* (${code})`;
  return `the server does not answer questions about itself: ${message} (${code})`;
}

/** Health in a word, or why nothing is known of it. */
export function healthWord({ state, health }: ServerSample): string {
  if (health !== null) return health.status;
  return stateWord(state);
}

/** State of a server for people. */
function stateWord(state: ServerSample['state']): string {
  if (state === 'refused') return 'does not say';
  return state === 'not-admitted' ? 'refuses' : state;
}
