import { Emitter } from '../../lib/emitter.js';
import { endpointOf, urlOf } from '../../lib/endpoint.js';
import { integer, timeoutMs } from '../../lib/options.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { clearTimeout, performance, setTimeout, timeOfDay } from '../../lib/timers.js';
import { inParallel } from './in-parallel.js';
import { KnownServer, type RosterFacts } from './known-server.js';
import { isOfServices } from './of-services.js';
import { type Answer, type Asking, answerWithin, askServer, stateOf, type Unanswered } from './questions.js';
import { mergedMethods, mergedRates } from './rates.js';
import type { FleetSample, SampleFailure, ServerSample } from './sample.js';

/** Client whose servers are asked: that of `createClient`, started. The roster of each moment counts. */
export interface FleetClient extends Asking {
  readonly servers: Readonly<Record<string, ServerInfo>>;
}

/** A place of which no server is known yet, such as an address where nothing listens. */
export interface UnknownServer {
  /** The place as the user wrote it. */
  readonly address: string;
  readonly url: string;
  readonly failure: SampleFailure;
}

/** The places of a fleet that have no server yet; see {@link openFleet}. */
export interface UnknownServers {
  readonly unknown: readonly UnknownServer[];
  /** Looks at the places again. Never rejects. Servers that are found join the roster of the client. */
  lookAgain(): Promise<void>;
}

/** Options of a {@link FleetPoller}. */
export interface FleetPollerOptions {
  /** Time from the begin of a round to that of the next. A round that takes longer delays the next one. Unit: ms. @default 1_000 */
  readonly interval?: number | undefined;
  /** Time for the answers of a server, all pages of them. Unit: ms. @default 5_000 */
  readonly timeout?: number | undefined;
  /** Servers that are asked at once. Range: 1 to 1,000. @default 32 */
  readonly concurrency?: number | undefined;
  /** Places without a server, which are looked at again before each round, and have their failure in each sample. @default none */
  readonly places?: UnknownServers | undefined;
}

/** Events of a {@link FleetPoller}. */
export interface FleetPollerEvents extends Record<string, unknown[]> {
  /** A round is over. */
  sample: [sample: FleetSample];
}

const POLLER_DEFAULTS = Object.freeze({ interval: 1_000, timeout: 5_000, concurrency: 32 });

/**
 * Asks all servers of a client about themselves: once with {@link FleetPoller.poll}, or at an interval between {@link FleetPoller.start} and
 * {@link FleetPoller.stop}. Rounds never overlap. A server that failed to answer is asked beside the rounds, which do not wait.
 */
export class FleetPoller extends Emitter<FleetPollerEvents> {
  readonly #client: FleetClient;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #concurrency: number;
  readonly #places: UnknownServers | undefined;
  readonly #known = new Map<string, KnownServer>();
  #round: Promise<FleetSample> | undefined;
  #rounds = 0;
  /** Begun by the last `start()`; undefined while no rounds are made. */
  #run: object | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #last: FleetSample | undefined;

  /** Throws {@link RpcCode.InvalidArgument} for an option that is out of range. */
  constructor(client: FleetClient, options: FleetPollerOptions = {}) {
    super();
    this.#client = client;
    this.#interval = timeoutMs('interval', options.interval, POLLER_DEFAULTS.interval);
    this.#timeout = timeoutMs('timeout', options.timeout, POLLER_DEFAULTS.timeout);
    this.#concurrency = integer('concurrency', options.concurrency, POLLER_DEFAULTS.concurrency, 1, 1_000);
    this.#places = options.places;
  }

  /** The last sample; undefined before the first one. */
  get last(): FleetSample | undefined {
    return this.#last;
  }

  /** True between `start()` and `stop()`. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Makes one round, or joins the one that is under way. Resolves to the sample. Never rejects. */
  poll(): Promise<FleetSample> {
    this.#round ??= this.#makeRound();
    return this.#round;
  }

  /** Begins rounds at the interval, the first one now. Does nothing while rounds are made. */
  start(): void {
    if (this.#run !== undefined) return;
    this.#run = {};
    void this.#repeat(this.#run);
  }

  /** Ends the rounds. A round that is under way comes to an end, and emits the sample. */
  stop(): void {
    this.#run = undefined;
    clearTimeout(this.#timer);
  }

  async #repeat(run: object): Promise<void> {
    const begun = performance.now();
    await this.poll();
    if (this.#run !== run) return; // stopped meanwhile, and possibly started again
    const wait = Math.max(0, begun + this.#interval - performance.now());
    this.#timer = setTimeout(() => void this.#repeat(run), wait);
  }

  async #makeRound(): Promise<FleetSample> {
    const begun = performance.now();
    this.#lookAgain();
    const roster = Object.values(this.#client.servers).map(factsOf);
    const ids = new Set(roster.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    const answered = await inParallel(roster, this.#concurrency, (facts) => this.#sampleOf(facts));
    const servers = [...answered, ...this.#unknown()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#rounds += 1;
    const sample: FleetSample = {
      ...{ round: this.#rounds, time: timeOfDay(), took: performance.now() - begun, servers },
      methods: mergedMethods(servers.map(({ methods }) => methods.filter(isOfServices))),
      rates: mergedRates(servers.flatMap(({ rates }) => (rates === null ? [] : [rates]))),
    };
    this.#round = undefined;
    this.#last = sample;
    this.emit('sample', sample);
    return sample;
  }

  async #sampleOf(facts: RosterFacts): Promise<ServerSample> {
    const known = this.#knownOf(facts.id);
    if (known.failure !== undefined) {
      known.asking ??= this.#askBeside(known, facts.id);
      return known.failed(facts, known.failure);
    }
    const asked = askServer(this.#client, facts.id);
    const answer = await answerWithin(this.#client, facts.id, this.#timeout, asked);
    if (isAnswer(answer)) return known.answered(facts, answer);
    known.failure = answer;
    known.asking = noteEnd(known, asked);
    return known.failed(facts, answer);
  }

  /** One question at a time, however many rounds that takes. The round after an answer asks again. */
  #askBeside(known: KnownServer, id: string): Promise<void> {
    return noteEnd(known, askServer(this.#client, id));
  }

  #knownOf(id: string): KnownServer {
    let known = this.#known.get(id);
    if (known === undefined) {
      known = new KnownServer();
      this.#known.set(id, known);
    }
    return known;
  }

  #lookAgain(): void {
    if (this.#places === undefined || this.#isLooking || this.#places.unknown.length === 0) return;
    this.#isLooking = true;
    void this.#places.lookAgain().finally(() => {
      this.#isLooking = false;
    });
  }

  #unknown(): ServerSample[] {
    const { unknown = [] } = this.#places ?? {};
    return unknown.map(({ address, url, failure }) => ({
      ...{ id: address, serverType: '', url, state: stateOf(failure), failure, report: null, health: null },
      ...{ isRestarted: false, eventLoopUse: null, rates: null, methods: [] },
    }));
  }
}

/** Notes how the question ended, which the next round goes by. */
async function noteEnd(known: KnownServer, asked: Promise<Answer | Unanswered>): Promise<void> {
  const answer = await asked;
  known.failure = isAnswer(answer) ? undefined : answer;
  known.asking = undefined;
}

function isAnswer(answer: Answer | Unanswered): answer is Answer {
  return 'stats' in answer;
}

function factsOf(server: ServerInfo): RosterFacts {
  return { id: server.id, serverType: server.serverType, url: urlOf(endpointOf(server)) };
}
