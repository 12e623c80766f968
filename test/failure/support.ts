import type { CallWays } from '../../failure/policy.js';
import { DEFAULT_FAIL_OPTIONS, type FailOptions } from '../../lib/call/fail-mode.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { type Delivery, RpcCode } from '../../lib/errors.js';
import type { FakeCall } from '../lib/transport/support.js';

export function failOptions(given: FailOptions = {}): Required<FailOptions> {
  return { ...DEFAULT_FAIL_OPTIONS, ...given };
}

/** Ways that go nowhere: what was sent is kept, for the test to settle. Servers are `test-1`, `test-2` ... */
export class FakeWays implements CallWays {
  /** In the order of sending. */
  readonly sent: OutgoingCall[] = [];
  /** Whoever waits for a server to be there. */
  readonly waking = new Set<() => void>();
  readonly held = new Set<OutgoingCall>();
  readonly filtered: OutgoingCall[] = [];
  readonly servers: string[];
  isOpenNow = true;
  admits = true;

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
    this.last.stage = 'waiting for the answer';
    this.last.fail(this.last.error(code, why, delivery));
  }

  admit(call: OutgoingCall): boolean {
    if (!this.admits) call.fail(call.error(RpcCode.Closed, 'the client is stopped', 'not-sent'));
    return this.admits;
  }

  route(call: OutgoingCall, tried: ReadonlySet<string> = new Set()): void {
    const serverId = this.servers.find((id) => !tried.has(id));
    if (serverId === undefined) call.fail(call.error(RpcCode.NoServer, 'none is known', 'not-sent'));
    else this.dispatch(call, serverId);
  }

  dispatch(call: OutgoingCall, serverId: string): void {
    call.serverId = serverId;
    this.sent.push(call);
  }

  untried(_serverType: string, tried: ReadonlySet<string>): number {
    return this.servers.filter((id) => !tried.has(id)).length;
  }

  isAnyConnected(): boolean {
    return false;
  }

  whenChanged(_serverType: string, wake: () => void): () => void {
    this.waking.add(wake);
    return () => this.waking.delete(wake);
  }

  hold(call: OutgoingCall): boolean {
    this.held.add(call);
    return true;
  }

  release(call: OutgoingCall): void {
    this.held.delete(call);
  }

  filterAnswer(call: OutgoingCall): void {
    this.filtered.push(call);
  }

  isOpen(): boolean {
    return this.isOpenNow;
  }
}

/** The error that the caller was told. */
export function errorOf({ outcomes }: FakeCall) {
  const [outcome] = outcomes;
  if (outcome === undefined || !('error' in outcome)) throw new Error('it has not failed');
  return outcome.error;
}
