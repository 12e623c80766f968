import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { Caller } from '../../proxy/index.js';

/** Where calls go instead of to routers and a station. */
class FakeSink {
  /** `route user.m.f(1,2)` or `test-1 user.m.f(1,2)`, as they come. */
  readonly seen: string[] = [];
  readonly calls: OutgoingCall[] = [];
  knownServers: ServerInfo[] = [];
  /** What becomes of a call: by default it succeeds with its own arguments. */
  settle: (call: OutgoingCall) => void = (call) => void call.succeed(call.args);

  send(call: OutgoingCall): void {
    this.#take(call.serverId ?? 'route', call);
  }

  servers(): readonly ServerInfo[] {
    return this.knownServers;
  }

  #take(where: string, call: OutgoingCall): void {
    this.seen.push(`${where} ${call.method.name}(${call.args.join()})${call.oneway ? ' one-way' : ''}`);
    this.calls.push(call);
    this.settle(call);
  }
}

export function fakeCaller({ callbacks = false } = {}) {
  const sink = new FakeSink();
  const onewayFailures: RpcError[] = [];
  const unusedFailures: RpcError[] = [];
  const caller = new Caller(sink, sink, {
    timeout: 1_000,
    callbacks,
    broadcastOutcomes: true,
    onOnewayFailure: (error) => onewayFailures.push(error),
    onCallbackThrow: () => {},
    onUnusedFailure: (error) => unusedFailures.push(error),
  });
  return { sink, caller, onewayFailures, unusedFailures };
}
