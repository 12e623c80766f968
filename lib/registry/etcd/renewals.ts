import { clearTimeout, setTimeout } from '../../timers.js';
import { leaseAnswer } from './answers.js';
import type { Connection, GrpcStream } from './connection.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import { leaseRequest } from './requests.js';

/** A renewal that was sent. One that was given up stays in its place, since the answer may still come. */
interface Sent {
  readonly resolve: (isKnown: boolean) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Renews the leases of a connection, all of them through one stream. etcd answers the renewals of a lease in their order, without saying
 * which one an answer is for: a late answer belongs to the renewal that was given up, and says nothing about the next one.
 */
export class Renewals {
  readonly #connection: Pick<Connection, 'isOpen' | 'stream'>;
  readonly #token: () => string | undefined;
  /** By lease, the oldest first. */
  readonly #sent = new Map<string, Sent[]>();
  #stream: GrpcStream | undefined;

  constructor(connection: Pick<Connection, 'isOpen' | 'stream'>, token: () => string | undefined) {
    this.#connection = connection;
    this.#token = token;
  }

  /** Resolves to whether etcd has the lease. Rejects where no answer came in time. */
  renew(id: string, timeout: number): Promise<boolean> {
    if (!this.#connection.isOpen)
      return Promise.reject(new GrpcFailure(GrpcCode.Unavailable, 'no connection', 'not-sent'));
    return new Promise((resolve, reject) => {
      const late = (): void =>
        reject(new GrpcFailure(GrpcCode.DeadlineExceeded, `no answer within ${timeout} ms`, 'unknown'));
      const sent = this.#sent.get(id) ?? [];
      this.#sent.set(id, sent);
      sent.push({ resolve, reject, timer: setTimeout(late, timeout) });
      this.#stream ??= this.#open();
      this.#stream.write(leaseRequest(id));
    });
  }

  #open(): GrpcStream {
    return this.#connection.stream('/etcdserverpb.Lease/LeaseKeepAlive', this.#token(), {
      onMessage: (message) => {
        const { id, ttl } = leaseAnswer(message);
        this.#takeOldest(id)?.resolve(ttl > 0);
      },
      onFailure: (failure) => {
        this.#stream = undefined;
        for (const id of [...this.#sent.keys()]) {
          for (let sent = this.#takeOldest(id); sent !== undefined; sent = this.#takeOldest(id)) sent.reject(failure);
        }
      },
    });
  }

  #takeOldest(id: string): Sent | undefined {
    const sent = this.#sent.get(id);
    const oldest = sent?.shift();
    clearTimeout(oldest?.timer);
    if (sent?.length === 0) this.#sent.delete(id);
    return oldest;
  }
}
