import type { CallStage } from '../../lib/call/call-stage.js';
import { noServerOfType } from '../../lib/call/no-server.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { messageOf, RpcCode } from '../../lib/errors.js';
import type { RosterView } from '../../lib/roster-view.js';
import type { NonEmpty, ServerInfo } from '../../lib/server-info.js';
import { remaining } from '../../router/remaining.js';
import type { Router, ServerLoad } from '../../router/router.js';

/** Sends each call to the server that the router of its type chooses, or to the server that the caller named. */
export class CallRouter implements CallStage {
  readonly #next: CallStage;
  readonly #roster: RosterView;
  readonly #default: Router;
  readonly #byType = new Map<string, Router>();
  readonly #load: ServerLoad;

  constructor({ next, roster }: { readonly next: CallStage; readonly roster: RosterView }, router: Router) {
    this.#next = next;
    this.#roster = roster;
    this.#default = router;
    this.#load = { inFlight: (id) => roster.inFlight(id), latency: (id) => roster.latency(id) };
  }

  /** Sets the router of one server type, in place of the default. */
  use(serverType: string, router: Router): void {
    this.#byType.set(serverType, router);
  }

  /** Routes a call in the caller's own tick. A server that the call {@link OutgoingCall.excludes} is never chosen. */
  send(call: OutgoingCall): void {
    call.serverId ??= this.#choose(call);
    this.#next.send(call);
  }

  /** Undefined for a call that has failed. */
  #choose(call: OutgoingCall): string | undefined {
    const { serverType, method, excludes } = call;
    const router = this.#byType.get(serverType) ?? this.#default;
    const all = this.#roster.servers(serverType);
    const servers = excludes.size > 0 ? remaining(all, excludes) : all;
    if (!isNonEmpty(servers)) {
      call.fail(noServerOfType(method.name, serverType, this.#roster));
      return undefined;
    }
    try {
      return router.pick(servers, call, this.#load).id;
    } catch (error) {
      const why = `its router '${router.name}' failed: ${messageOf(error)}`;
      call.fail(call.error(RpcCode.Route, why, 'not-sent', error));
      return undefined;
    }
  }
}

function isNonEmpty(list: readonly ServerInfo[]): list is NonEmpty<ServerInfo> {
  return list.length > 0;
}
