import type { AttemptParts } from '../../failure/policy.js';
import { DEFAULT_FAIL_OPTIONS, type FailOptions, resolveFailOptions } from '../../lib/call/fail-mode.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { type Delivery, RpcCode, type RpcError } from '../../lib/errors.js';
import type { Filled } from '../../lib/options.js';
import type { FakeCall } from '../lib/transport/support.js';

export function failOptions(given: FailOptions = {}): Filled<FailOptions> {
  return resolveFailOptions(given, DEFAULT_FAIL_OPTIONS);
}

/** Stages that go nowhere: what was sent is kept, for the test to settle. Servers are `test-1`, `test-2` ... */
export class FakeWays implements AttemptParts {
  /** In the order of sending. */
  readonly sent: OutgoingCall[] = [];
  /** Calls that wait for a server to be there. */
  readonly waking = new Set<() => void>();
  readonly holding = new Set<OutgoingCall>();
  /** Calls whose answers the after filters have seen. */
  readonly filtered: OutgoingCall[] = [];
  readonly servers: string[];
  /** Failures of the last attempts to connect, by server. */
  readonly failures = new Map<string, RpcError>();
  isStopped = false;

  constructor(servers = 2) {
    this.servers = Array.from({ length: servers }, (_, at) => `test-${at + 1}`);
  }

  get last(): OutgoingCall {
    const call = this.sent.at(-1);
    if (call === undefined) throw new Error('nothing was sent');
    return call;
  }

  /** The last attempt fails, at its server. */
  fail(code: RpcCode = RpcCode.ConnectionLost, delivery: Delivery = 'not-sent', why = 'cut'): void {
    this.last.move('sent');
    this.last.fail(this.last.error(code, why, delivery));
  }

  readonly next = {
    send: (call: OutgoingCall): void => {
      call.serverId ??= this.servers.find((id) => !call.excludes.has(id));
      if (call.serverId === undefined) {
        call.fail(call.error(RpcCode.NoServer, 'none is known', 'not-sent'));
        return;
      }
      call.answerStage = this.#afterFilters;
      this.sent.push(call);
    },
  };

  readonly #afterFilters = {
    filterAnswer: (call: OutgoingCall, error: RpcError | undefined, results: readonly unknown[]): void => {
      this.filtered.push(call);
      if (error === undefined) call.succeed(results);
      else call.fail(error);
    },
  };

  readonly reachability = {
    untried: (_serverType: string, tried: ReadonlySet<string>): number =>
      this.servers.filter((id) => !tried.has(id)).length,
    isAnyConnected: (): boolean => false,
    lastFailure: (serverId: string): RpcError | undefined => this.failures.get(serverId),
    whenChanged: (_serverType: string, wake: () => void): (() => void) => {
      this.waking.add(wake);
      return () => this.waking.delete(wake);
    },
  };

  readonly held = {
    add: (call: OutgoingCall): boolean => {
      this.holding.add(call);
      return true;
    },
    delete: (call: OutgoingCall): void => void this.holding.delete(call),
  };
}

/** The error that the caller was told. */
export function errorOf({ outcomes }: FakeCall) {
  const [outcome] = outcomes;
  if (outcome === undefined || !('error' in outcome)) throw new Error('it has not failed');
  return outcome.error;
}
