import type { ChannelCredentials, Client, connectivityState, Metadata } from '@grpc/grpc-js';
import { Lifecycle, type Transitions } from '../../lifecycle.js';
import { clearTimeout, setImmediate, setTimeout } from '../../timers.js';
import { unavailable } from '../engine-errors.js';
import { CHANNEL_OPTIONS, GrpcCode, type GrpcPackage } from './grpc.js';
import { failureOf, GrpcFailure, type ServiceError } from './grpc-failure.js';
import type { Host } from './hosts.js';
import { PULSE_TIMEOUT_MS, Pulse } from './pulse.js';

/** Path of a request, in etcd's rpc.proto. */
export type Method =
  | '/etcdserverpb.KV/Range'
  | '/etcdserverpb.KV/Txn'
  | '/etcdserverpb.Lease/LeaseGrant'
  | '/etcdserverpb.Lease/LeaseRevoke'
  | '/etcdserverpb.Auth/Authenticate';
export type StreamMethod = '/etcdserverpb.Watch/Watch' | '/etcdserverpb.Lease/LeaseKeepAlive';

export interface CallOptions {
  /** Unit: ms */
  readonly timeout: number;
  /** Token of the login. @default none */
  readonly token?: string | undefined;
}

/** A stream in both directions. */
export interface GrpcStream {
  write(message: Buffer): void;
  end(): void;
}

export interface StreamHandlers {
  onMessage(message: Buffer): void;
  /** Called once, unless the stream was ended by this end. */
  onFailure(failure: GrpcFailure): void;
}

const TRANSITIONS = {
  /** The channel connects. */
  dialling: ['open', 'ended'],
  /** Requests and streams are sent. */
  open: ['ended'],
  /** The channel is closed. */
  ended: [],
} as const satisfies Transitions<'dialling' | 'open' | 'ended'>;

type ConnectionState = keyof typeof TRANSITIONS;

/**
 * One connection to one member of etcd. A channel of @grpc/grpc-js would connect again by itself, possibly to a store that was emptied:
 * here a channel ends with its connection, and all of its calls and streams with it.
 */
export class Connection {
  readonly host: Host;
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<Error>;
  readonly #grpc: GrpcPackage;
  readonly #client: Client;
  readonly #lifecycle = new Lifecycle<ConnectionState>('dialling', TRANSITIONS, (to, _from, reason) =>
    this.#on(to, reason),
  );
  readonly #endings = new Set<(reason: Error) => void>();
  #resolveEnded!: (reason: Error) => void;
  #pulse: Pulse | undefined;
  #inFlight = 0;
  /** Asks for a sign of life; set once the connection is in use. */
  #ask: ((timeout: number) => Promise<unknown>) | undefined;

  constructor(grpc: GrpcPackage, host: Host, credentials: ChannelCredentials, servername: string | undefined) {
    this.host = host;
    this.#grpc = grpc;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const name = servername === undefined ? {} : { 'grpc.ssl_target_name_override': servername };
    this.#client = new grpc.Client(host.target, credentials, { ...CHANNEL_OPTIONS, ...name });
  }

  get isOpen(): boolean {
    return this.#lifecycle.state === 'open';
  }

  /** Connects. Rejects when the channel has failed once, or after `timeout` ms. */
  async open(timeout: number): Promise<void> {
    const channel = this.#client.getChannel();
    const { READY, TRANSIENT_FAILURE } = this.#grpc.connectivityState;
    const isLate = { now: false };
    const timer = setTimeout(() => {
      isLate.now = true;
      this.end(unavailable(`no connection within ${timeout} ms`, 'not-sent'));
    }, timeout);
    try {
      for (
        let state = channel.getConnectivityState(true);
        state !== READY;
        state = channel.getConnectivityState(true)
      ) {
        if (isLate.now) throw unavailable(`no connection within ${timeout} ms`, 'not-sent');
        if (state === TRANSIENT_FAILURE) throw unavailable('the connection failed', 'not-sent');
        await this.#leaves(state);
        if (this.#lifecycle.state === 'ended') throw await this.ended;
      }
    } finally {
      clearTimeout(timer);
    }
    if (!this.#lifecycle.move('open')) throw await this.ended;
    void this.#leaves(READY).then(() => this.end(unavailable(`the connection to ${this.host.url} ended`, 'unknown')));
  }

  /** From now on `ask` is called where the connection is silent. It rejects with a failure of gRPC where nothing came. */
  keepPulse(ask: (timeout: number) => Promise<unknown>): void {
    this.#ask = ask;
    this.#pulse = new Pulse({
      inFlight: () => this.#inFlight,
      ask: () => this.#isAlive(),
      onDead: () => this.end(unavailable(`${this.host.url} does not answer any more`, 'unknown')),
    });
  }

  /** Asks for a sign of life now, since a call has waited in vain. */
  suspect(): void {
    void this.#pulse?.check();
  }

  /** Sends one request. Rejects with a {@link GrpcFailure}. */
  unary(method: Method, request: Buffer, { timeout, token }: CallOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (!this.#isUsable()) {
        reject(new GrpcFailure(GrpcCode.Unavailable, `the connection to ${this.host.url} has ended`, 'not-sent'));
        return;
      }
      this.#inFlight += 1;
      const settle = (error: GrpcFailure | undefined, answer?: Buffer): void => {
        if (!this.#endings.delete(onEnd)) return;
        this.#inFlight -= 1;
        clearTimeout(timer);
        if (error === undefined && answer !== undefined) resolve(answer);
        else reject(error);
      };
      const onEnd = (reason: Error): void => settle(new GrpcFailure(GrpcCode.Unavailable, reason.message, 'unknown'));
      this.#endings.add(onEnd);
      // The deadline goes to etcd as a time span. One in the package's form would follow the time of day.
      const metadata = this.#metadata(token);
      metadata.set('grpc-timeout', `${Math.ceil(timeout)}m`);
      const call = this.#client.makeUnaryRequest(method, asIs, asIs, request, metadata, (error, answer) => {
        const failure = error === null ? undefined : failureOf(error as ServiceError);
        if (failure === undefined || failure.delivery === 'answered') this.#pulse?.heard();
        settle(failure, answer);
      });
      const timer = setTimeout(() => {
        afterReading(() => {
          settle(
            new GrpcFailure(GrpcCode.DeadlineExceeded, `no answer of ${this.host.url} within ${timeout} ms`, 'unknown'),
          );
          call.cancel();
        });
      }, timeout);
    });
  }

  /** Opens a stream. `needsLeader`: etcd ends the stream when the member has no leader any more. */
  stream(method: StreamMethod, token: string | undefined, handlers: StreamHandlers): GrpcStream {
    const metadata = this.#metadata(token);
    metadata.set('hasleader', 'true');
    const call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(method, asIs, asIs, metadata);
    const close = (): boolean => {
      if (!this.#endings.delete(onEnd)) return false;
      call.cancel();
      call.end(); // without this the stream stays open after its cancelling
      return true;
    };
    const onEnd = (reason: Error): void => {
      if (close()) handlers.onFailure(new GrpcFailure(GrpcCode.Unavailable, reason.message, 'unknown'));
    };
    this.#endings.add(onEnd);
    call.on('data', (message: Buffer) => {
      this.#pulse?.heard();
      if (this.#endings.has(onEnd)) handlers.onMessage(message);
    });
    const fail = (error: ServiceError): void => {
      if (close()) handlers.onFailure(failureOf(error));
    };
    call.on('error', (error) => fail(error as unknown as ServiceError));
    call.on('status', (status) => fail(status as unknown as ServiceError));
    return { write: (message) => void call.write(message), end: () => void close() };
  }

  /** Ends the connection, and with it all calls and streams. */
  end(reason: Error): void {
    this.#lifecycle.move('ended', reason);
  }

  #on(to: ConnectionState, reason: Error | undefined): void {
    if (to !== 'ended' || reason === undefined) return;
    this.#pulse?.stop();
    for (const ending of [...this.#endings]) ending(reason);
    this.#client.close();
    this.#resolveEnded(reason);
  }

  /** A channel that has left READY connects anew for the next call, which would go to another connection. */
  #isUsable(): boolean {
    if (!this.isOpen) return false;
    if (this.#client.getChannel().getConnectivityState(false) === this.#grpc.connectivityState.READY) return true;
    this.end(unavailable(`the connection to ${this.host.url} ended`, 'unknown'));
    return false;
  }

  /** Resolves when the channel has left the state, and when the connection was ended. */
  #leaves(state: connectivityState): Promise<void> {
    return new Promise((resolve) => {
      void this.ended.then(() => resolve());
      this.#client.getChannel().watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve());
    });
  }

  async #isAlive(): Promise<boolean> {
    try {
      await this.#ask?.(PULSE_TIMEOUT_MS);
      return true;
    } catch (error) {
      return error instanceof GrpcFailure && error.delivery === 'answered';
    }
  }

  #metadata(token: string | undefined): Metadata {
    const metadata = new this.#grpc.Metadata();
    if (token !== undefined) metadata.set('token', token);
    return metadata;
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

/** Runs the work once the sockets were read: timers run before them, and the answer may lie there after a stall of this process. */
function afterReading(work: () => void): void {
  setImmediate(() => setImmediate(work));
}
