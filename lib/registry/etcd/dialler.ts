import { outsideContexts } from '../../async-context.js';
import { messageOf, RpcError, toError } from '../../errors.js';
import { Lifecycle, type Transitions } from '../../lifecycle.js';
import { clearTimeout, performance, setTimeout } from '../../timers.js';
import type { EngineState } from '../engine.js';
import { engineClosed, mayPass, unavailable } from '../engine-errors.js';
import type { Host } from './hosts.js';
import type { Attempt, Session } from './session.js';

/** Longest time for a connection, and for the greeting on it, in the first round; each round of all hosts adds as much. Unit: ms */
const ATTEMPT_MS = 1_000;
const MAX_ATTEMPT_MS = 3_000;
/** Wait after a round in which no host was reached. Unit: ms */
const PAUSE_MS = 50;
const PAUSE_JITTER_MS = 100;
/** Wait after a round in which all hosts refused us, such as for a wrong password: people have to change something. Unit: ms */
const REFUSED_PAUSE_MS = 1_000;

export type Dial = (host: Host, attempt: Attempt) => Promise<Session>;

const TRANSITIONS = {
  /** No call was made yet. */
  idle: ['dialling', 'closed'],
  /** Hosts are tried, one after the other. */
  dialling: ['connected', 'closed'],
  /** One host has answered. */
  connected: ['dialling', 'closed'],
  /** The engine was closed. */
  closed: [],
} as const satisfies Transitions<'idle' | 'dialling' | 'connected' | 'closed'>;

type DiallerState = keyof typeof TRANSITIONS;

interface Waiting {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: Error) => void;
}

/** Has one session with one of the hosts. When the session ends, the next host is dialled, and so on until one answers. */
export class Dialler {
  readonly #hosts: readonly Host[];
  readonly #dial: Dial;
  readonly #lifecycle = new Lifecycle<DiallerState>('idle', TRANSITIONS, () => {
    this.#since = performance.now();
    this.#onMove();
  });
  readonly #onMove: () => void;
  readonly #waiting = new Set<Waiting>();
  readonly #giveUp = new AbortController();
  /** Why each host was not reached last. */
  readonly #obstacles = new Map<string, Error>();
  #since = performance.now();
  #session: Session | undefined;
  #endpoint: string | undefined;
  /** Hosts tried so far, since the last session. */
  #tried = 0;
  #next: number;
  #pause: NodeJS.Timeout | undefined;

  /** `onMove` is called when there is a session, or none any more. */
  constructor(hosts: readonly Host[], dial: Dial, onMove: () => void) {
    this.#hosts = hosts;
    this.#dial = dial;
    this.#onMove = onMove;
    this.#next = Math.floor(Math.random() * hosts.length); // clients spread over the members
  }

  get hosts(): number {
    return this.#hosts.length;
  }

  get state(): Omit<EngineState, 'store'> {
    const connected = this.#lifecycle.state === 'connected';
    return {
      connected,
      endpoint: this.#endpoint,
      since: this.#since,
      obstacle: connected ? undefined : this.#obstacle(),
    };
  }

  /** The session of now; undefined while there is none. */
  get current(): Session | undefined {
    return this.#session?.connection.isOpen ? this.#session : undefined;
  }

  /** The session of now, or the next one. Rejects after `timeout` ms, and at once where all hosts refuse us. */
  session(timeout: number): Promise<Session> {
    if (this.#lifecycle.state === 'closed') return Promise.reject(engineClosed());
    if (this.current !== undefined) return Promise.resolve(this.current);
    if (this.#lifecycle.move('dialling')) outsideContexts(() => this.#dialNext());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        resolve: (session) => {
          settle();
          resolve(session);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiting.reject(unavailable(`etcd cannot be reached: ${this.#obstacle()}`, 'not-sent')),
        Math.max(1, timeout),
      );
      this.#waiting.add(waiting);
    });
  }

  close(): void {
    if (!this.#lifecycle.move('closed')) return;
    clearTimeout(this.#pause);
    const closed = engineClosed();
    this.#giveUp.abort(closed);
    this.#session?.connection.end(closed);
    for (const waiting of [...this.#waiting]) waiting.reject(closed);
  }

  #dialNext(): void {
    const host = this.#hosts[this.#next % this.#hosts.length];
    if (host === undefined || this.#lifecycle.state !== 'dialling') return;
    const round = Math.floor(this.#tried / this.#hosts.length);
    const timeout = Math.min(MAX_ATTEMPT_MS, ATTEMPT_MS * (1 + round));
    const isRepeated = this.#obstacles.has(host.url);
    this.#dial(host, { timeout, isRepeated, signal: this.#giveUp.signal }).then(
      (session) => this.#connected(host, session),
      (error: unknown) => this.#failed(host, toError(error)),
    );
  }

  #connected(host: Host, session: Session): void {
    if (!this.#lifecycle.move('connected')) return session.connection.end(engineClosed());
    this.#session = session;
    this.#endpoint = host.url;
    this.#obstacles.clear();
    this.#tried = 0;
    for (const waiting of [...this.#waiting]) waiting.resolve(session);
    void session.connection.ended.then((reason) => this.#lost(host, reason));
  }

  #lost(host: Host, reason: Error): void {
    this.#session = undefined;
    this.#obstacles.set(host.url, reason);
    this.#next += 1;
    if (this.#lifecycle.move('dialling')) this.#dialNext();
  }

  #failed(host: Host, error: Error): void {
    if (this.#lifecycle.state !== 'dialling') return;
    this.#obstacles.set(host.url, error);
    this.#next += 1;
    this.#tried += 1;
    if (this.#tried % this.#hosts.length !== 0) return this.#dialNext();
    const refusal = this.#refusal();
    if (refusal !== undefined) for (const waiting of [...this.#waiting]) waiting.reject(refusal);
    const pause = refusal === undefined ? PAUSE_MS + Math.random() * PAUSE_JITTER_MS : REFUSED_PAUSE_MS;
    this.#pause = setTimeout(() => this.#dialNext(), pause);
  }

  /** The error of a host, where each host has an error that does not pass by itself. */
  #refusal(): Error | undefined {
    const errors = this.#hosts.map(({ url }) => this.#obstacles.get(url));
    return errors.every((error) => error !== undefined && isRefusal(error)) ? errors[0] : undefined;
  }

  #obstacle(): string {
    if (this.#lifecycle.state === 'closed') return 'the registry was closed';
    const known = this.#hosts.filter(({ url }) => this.#obstacles.has(url));
    if (known.length === 0) return `no answer yet of ${this.#hosts.map(({ url }) => url).join(', ')}`;
    return known.map(({ url }) => `${url}: ${messageOf(this.#obstacles.get(url))}`).join('; ');
  }
}

/** Errors of the system (ECONNREFUSED) and of gRPC pass; errors with a code of ours pass where {@link mayPass} says that. */
function isRefusal(error: Error): boolean {
  return error instanceof RpcError && !mayPass(error);
}
