import { invalid, unfit } from '../../lib/options.js';
import { nextTick } from '../../lib/timers.js';
import { FAMILIES, type FamilyHead, type FamilyName, type Labels } from './families.js';
import { type Observed, snapshotOf } from './observed.js';
import { histogramOf, type Series, type Snapshot } from './snapshot.js';

/** Registry of the package prom-client, as far as it is used here. */
export interface PromRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

/** Value of a series, as prom-client's metrics give it. */
interface PromValue {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** One metric, in the form in which prom-client reads its own. */
class PromMetric {
  /** prom-client writes the name of a counter without `_total` here, when it is asked for OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: string;
  /** How prom-client adds up the metrics of the workers of node:cluster. */
  readonly aggregator: string;
  readonly family: FamilyName;
  readonly #collect: () => Snapshot;

  constructor(family: FamilyName, collect: () => Snapshot) {
    this.name = family;
    const { help, type, ofWorkers = 'sum' }: FamilyHead = FAMILIES[family];
    this.help = help;
    this.type = type;
    this.aggregator = ofWorkers;
    this.family = family;
    this.#collect = collect;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = this.#collect()
      .series(this.family)
      .flatMap((series) => this.#valuesOf(series));
    return { name, help, type, values, aggregator };
  }

  #valuesOf({ labels, value, latency }: Series): PromValue[] {
    if (latency === undefined) return [{ labels, value }];
    const { buckets, sum, count } = histogramOf(latency);
    const metricName = `${this.family}_bucket`;
    return [
      ...buckets.map(([le, upTo]) => ({ metricName, labels: { ...labels, le }, value: upTo })),
      { metricName: `${this.family}_sum`, labels, value: sum },
      { metricName: `${this.family}_count`, labels, value: count },
    ];
  }

  /** Called by `registry.resetMetrics()`. The counts are not the registry's to reset. */
  reset(): void {}
}

/** All that is filled into one registry. */
class FilledRegistry {
  readonly #registry: PromRegistry;
  readonly #sets = new Set<Observed>();
  #metrics: readonly PromMetric[] = [];
  /** Series of this turn: a registry reads all metrics in one turn. */
  #snapshot: Snapshot | undefined;

  constructor(registry: PromRegistry) {
    this.#registry = registry;
  }

  /** False also where the program has cleared its registry. */
  get #isRegistered(): boolean {
    return this.#metrics.some((metric) => this.#registry.getSingleMetric(metric.family) === metric);
  }

  add(observed: Observed): void {
    if (!this.#isRegistered) this.#register();
    this.#sets.add(observed);
  }

  remove(observed: Observed): void {
    this.#sets.delete(observed);
    if (this.#sets.size > 0) return;
    for (const metric of this.#metrics)
      if (this.#registry.getSingleMetric(metric.family) === metric) this.#registry.removeSingleMetric(metric.family);
    this.#metrics = [];
  }

  #register(): void {
    const names = Object.keys(FAMILIES) as FamilyName[];
    const taken = names.find((name) => this.#registry.getSingleMetric(name) !== undefined);
    if (taken !== undefined)
      throw invalid(
        `the registry has a metric of the name ${taken} already, from elsewhere: give mailstation a registry of its own, and join both by Registry.merge()`,
      );
    this.#metrics = names.map((name) => new PromMetric(name, () => this.#collect()));
    for (const metric of this.#metrics) this.#registry.registerMetric(metric as never);
  }

  #collect(): Snapshot {
    if (this.#snapshot !== undefined) return this.#snapshot;
    const snapshot = snapshotOf(this.#sets);
    this.#snapshot = snapshot;
    nextTick(() => {
      this.#snapshot = undefined;
    });
    return snapshot;
  }
}

const filled = new WeakMap<PromRegistry, FilledRegistry>();

/** Fills a registry with what is observed, beside what others have filled in. Returns the function that takes it out. */
export function fillRegistry(registry: PromRegistry, observed: Observed): () => void {
  const { registerMetric, getSingleMetric, removeSingleMetric } = (registry ?? {}) as Partial<PromRegistry>;
  if ([registerMetric, getSingleMetric, removeSingleMetric].some((each) => typeof each !== 'function'))
    throw unfit('the argument of fill()', 'a Registry of prom-client', registry);
  let known = filled.get(registry);
  if (known === undefined) {
    known = new FilledRegistry(registry);
    filled.set(registry, known);
  }
  const into = known;
  into.add(observed);
  return () => into.remove(observed);
}
