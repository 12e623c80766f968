import { clearTimeout, setTimeout } from '../../timers.js';
import { leaseAnswer } from './answers.js';
import type { Connection, GrpcStream } from './connection.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import { leaseRequest } from './requests.js';

interface Waiting {
  readonly resolve: (isKnown: boolean) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Renews the leases of a connection, all of them through one stream. */
export class Renewals {
  readonly #connection: Connection;
  readonly #token: () => string | undefined;
  readonly #waiting = new Map<string, Waiting>();
  #stream: GrpcStream | undefined;

  constructor(connection: Connection, token: () => string | undefined) {
    this.#connection = connection;
    this.#token = token;
  }

  /** Resolves to whether etcd has the lease. Rejects where no answer came in time. A lease has one renewal at a time. */
  renew(id: string, timeout: number): Promise<boolean> {
    if (!this.#connection.isOpen)
      return Promise.reject(new GrpcFailure(GrpcCode.Unavailable, 'no connection', 'not-sent'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new GrpcFailure(GrpcCode.DeadlineExceeded, `no answer within ${timeout} ms`, 'unknown'));
      }, timeout);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#stream ??= this.#open();
      this.#stream.write(leaseRequest(id));
    });
  }

  #open(): GrpcStream {
    return this.#connection.stream('/etcdserverpb.Lease/LeaseKeepAlive', this.#token(), {
      onMessage: (message) => {
        const { id, ttl } = leaseAnswer(message);
        this.#take(id)?.resolve(ttl > 0);
      },
      onFailure: (failure) => {
        this.#stream = undefined;
        for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(failure);
      },
    });
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}
