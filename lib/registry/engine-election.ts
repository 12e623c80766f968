import { fieldsOf, integer } from '../options.js';
import type {
  CandidateHandler,
  Election,
  ElectionCandidate,
  ElectionOptions,
  LeaderObserver,
  Observation,
} from './election.js';
import { EngineCandidate } from './engine-candidate.js';
import { LeaderWatch } from './leader-watch.js';
import { namespaceOption } from './namespace.js';
import type { RosterSource } from './roster-source.js';
import type { SharedEngine } from './shared-engine.js';

export const ELECTION_DEFAULTS = Object.freeze({ ttl: 5_000 }) satisfies ElectionOptions;

/** {@link Election} on the engine of a registry. */
export class EngineElection implements Election {
  readonly name: string;
  readonly description: string;
  readonly registry: object;
  readonly #engine: SharedEngine;
  readonly #ttl: number;

  /** Throws {@link RpcCode.InvalidArgument}. */
  constructor(engine: SharedEngine, registry: RosterSource, name: string, options: ElectionOptions) {
    fieldsOf('the options of election()', options, 'an object { ttl }');
    this.#engine = engine;
    this.registry = registry;
    this.name = namespaceOption('the name of election()', name);
    this.#ttl = integer('the ttl of election()', options.ttl, ELECTION_DEFAULTS.ttl, 3_000, 60_000);
    this.description = `the election ${this.name} in ${registry.description}`;
  }

  candidate(handler: CandidateHandler): ElectionCandidate {
    return new EngineCandidate(handler, {
      engine: this.#engine,
      prefix: this.#prefix,
      ttl: this.#ttl,
      description: this.description,
    });
  }

  observe(observer: LeaderObserver): Observation {
    return new LeaderWatch(this.#engine, this.#prefix, observer);
  }

  get #prefix(): string {
    return `elections/${this.name}/`;
  }
}
