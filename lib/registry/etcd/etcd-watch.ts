import { Lifecycle, type Transitions } from '../../lifecycle.js';
import { throwUncaught } from '../../uncaught.js';
import type { Change, WatchEnd, Watching } from '../engine.js';
import { unavailable } from '../engine-errors.js';
import { type WatchAnswer, watchAnswer } from './answers.js';
import type { GrpcStream } from './connection.js';
import { explain } from './explain.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import type { Login } from './login.js';
import { watchRequest } from './requests.js';
import type { Session } from './session.js';

const TRANSITIONS = {
  /** etcd has not confirmed the watch. */
  opening: ['watching', 'reopening', 'ended'],
  /** etcd has refused the token, and the watch is asked for once more, with a new token. */
  reopening: ['watching', 'ended'],
  /** Changes come. */
  watching: ['ended'],
  /** No change comes any more. */
  ended: [],
} as const satisfies Transitions<'opening' | 'reopening' | 'watching' | 'ended'>;

type WatchState = keyof typeof TRANSITIONS;

export interface WatchRange {
  /** Prefix of the watched keys, in the store. */
  readonly prefix: string;
  /** Text before the keys of the namespace. */
  readonly namespace: string;
  /** Revision after which changes are wanted. */
  readonly after: number;
}

/** Watch on a stream of its own. The stream is never opened again once changes may have come. */
export class EtcdWatch implements Watching {
  readonly ended: Promise<WatchEnd>;
  readonly #session: Session;
  readonly #login: Login;
  readonly #range: WatchRange;
  readonly #on: (change: Change) => void;
  readonly #lifecycle = new Lifecycle<WatchState>('opening', TRANSITIONS, () => {});
  #resolveEnded!: (end: WatchEnd) => void;
  #stream: GrpcStream | undefined;

  constructor(session: Session, login: Login, range: WatchRange, on: (change: Change) => void) {
    this.#session = session;
    this.#login = login;
    this.#range = range;
    this.#on = on;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#open();
  }

  close(): void {
    this.end({ reason: 'closed', error: undefined });
  }

  end(end: WatchEnd): void {
    if (!this.#lifecycle.move('ended')) return;
    this.#stream?.end();
    this.#resolveEnded(end);
  }

  #open(): void {
    const { prefix, namespace, after } = this.#range;
    const { token } = this.#login;
    const stream = this.#session.connection.stream('/etcdserverpb.Watch/Watch', token, {
      onMessage: (message) => this.#answered(watchAnswer(message, namespace), token),
      onFailure: (failure) => this.#failed(failure, token),
    });
    this.#stream = stream;
    stream.write(watchRequest(prefix, after + 1));
  }

  #answered(answer: WatchAnswer, token: string | undefined): void {
    if (answer.compactRevision > 0) {
      const message = `the changes after revision ${this.#range.after} are no longer known to etcd`;
      return this.end({ reason: 'compacted', error: unavailable(message, 'not-sent') });
    }
    // etcd 3.4 cancels a watch that the token or the user has no right to, in the answer that also says "created".
    if (answer.canceled) {
      return this.#failed(
        new GrpcFailure(GrpcCode.PermissionDenied, answer.reason || 'canceled by etcd', 'answered'),
        token,
      );
    }
    if (answer.created) {
      if (answer.header.revision < this.#range.after) {
        const message = `etcd does not have revision ${this.#range.after}: the store was emptied or restored`;
        return this.end({ reason: 'store-changed', error: unavailable(message, 'not-sent') });
      }
      this.#lifecycle.move('watching');
    }
    for (const change of answer.changes) {
      if (this.#lifecycle.state === 'ended') return;
      try {
        this.#on(change);
      } catch (error) {
        throwUncaught(error);
      }
    }
  }

  #failed(failure: GrpcFailure, token: string | undefined): void {
    if (failure.delivery === 'answered') {
      if (this.#login.isNeeded && this.#lifecycle.move('reopening')) return void this.#reopen(token);
      return this.end({ reason: 'refused', error: explain(failure, 'a watch') });
    }
    this.end({ reason: 'disconnected', error: unavailable(`the watch has ended: ${failure.message}`, 'not-sent') });
    // With the metadata hasleader, etcd ends a watch at a member that has lost its leader: another member may have one.
    this.#session.connection.end(failure);
  }

  async #reopen(refused: string | undefined): Promise<void> {
    this.#stream?.end();
    try {
      await this.#login.renew(this.#session.connection, refused);
    } catch (error) {
      const isRefused = !(error instanceof GrpcFailure) || error.delivery === 'answered';
      return this.end({ reason: isRefused ? 'refused' : 'disconnected', error: explain(error, 'a login') });
    }
    if (this.#lifecycle.state === 'reopening') this.#open();
  }
}
