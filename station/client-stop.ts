import { type HeldCalls, settledWithin } from '../lib/call/held-calls.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import type { MailBoxSharing } from '../mailbox/shared/sharing.js';
import type { Outbox } from './outbox.js';

export interface ClientStopParts {
  /** Calls whose router, filters or next attempt take their time. */
  readonly held: HeldCalls;
  /** Calls that wait for a connection, and the connections. */
  readonly outbox: Outbox;
  readonly sharing: MailBoxSharing | undefined;
}

/** Ends the calls and connections of a client that stops: lets calls settle for a while, then rejects the rest. */
export class ClientStop {
  readonly #parts: ClientStopParts;

  constructor(parts: ClientStopParts) {
    this.#parts = parts;
  }

  /** Lets calls settle and closes each connection when its calls are answered. `left`: time that is left, ms. */
  async drain(left: () => number): Promise<void> {
    const { outbox, sharing } = this.#parts;
    const reason = stopped();
    // At once: processes that share these mailboxes do not wait for this process's own calls.
    const drained = sharing?.drain(reason, left());
    await this.#settled(left);
    await Promise.all([drained, outbox.closeAll(reason, left())]);
    await sharing?.close(reason, left());
    await this.#settled(left); // the last answers, which are with the after filters
  }

  /** Rejects the calls that are left, and closes all connections at once. */
  async destroy(): Promise<void> {
    const { held, outbox, sharing } = this.#parts;
    const reason = stopped();
    for (const call of [...held.takeAll(), ...outbox.takeWaiting()]) {
      call.fail(call.error(RpcCode.Closed, reason.message, call.delivery, reason));
    }
    await Promise.all([outbox.closeAll(reason, 0), sharing?.close(reason, 0)]);
  }

  /** Resolves when no call waits. A call that leaves a router or filter may then wait for a connection: all are checked again. */
  async #settled(left: () => number): Promise<void> {
    const { held, outbox } = this.#parts;
    while (held.size + outbox.waiting > 0 && left() > 0) {
      await settledWithin(Promise.all([held.whenEmpty(), outbox.whenNoneWaits()]), left());
    }
  }
}

function stopped(): RpcError {
  return new RpcError(RpcCode.Closed, 'the client was stopped');
}
