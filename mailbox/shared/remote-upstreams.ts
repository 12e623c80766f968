import type { Line } from '../../lib/follower/line.js';
import type { MailBoxStateHead } from '../../lib/protocol/relay-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { RemoteUpstream } from './remote-upstream.js';
import type { Upstream, Upstreams, UpstreamUser } from './upstream.js';

/** Upstreams over one line to the Leader. Requests on the line name each server by a number. */
export class RemoteUpstreams implements Upstreams {
  readonly line: Line;
  readonly #byNumber = new Map<number, RemoteUpstream>();
  #lastNumber = 0;

  constructor(line: Line) {
    this.line = line;
  }

  open(server: ServerInfo, user: UpstreamUser): Upstream {
    this.#lastNumber += 1;
    const to = this.#lastNumber;
    const upstream = new RemoteUpstream(this.line, to, server, user, () => this.#byNumber.delete(to));
    this.#byNumber.set(to, upstream);
    return upstream;
  }

  /** Reports nothing more to any user. Calls that were sent are still answered on the line. */
  clear(): void {
    this.#byNumber.clear();
  }

  onMailBoxState(head: MailBoxStateHead): void {
    this.#byNumber.get(head.to)?.onState(head);
  }

  onDrained(): void {
    for (const upstream of [...this.#byNumber.values()]) upstream.onDrained();
  }
}
