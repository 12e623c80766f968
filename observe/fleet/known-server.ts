import type { StatsReport } from '../../server/stats.js';
import { isOfServices } from './of-services.js';
import type { Answer, Unanswered } from './questions.js';
import { type Counts, mergedRates, NO_COUNTS, ratesBetween, wentBack } from './rates.js';
import type { MethodSample, ServerSample } from './sample.js';

/** The facts about a server that a roster has. */
export type RosterFacts = Pick<ServerSample, 'id' | 'serverType' | 'url'>;

/** Basis of the differences for a report. */
interface Basis {
  readonly before: ReadonlyMap<string, Counts>;
  readonly others: Counts;
  /** Time that the differences are over. Unit: s */
  readonly seconds: number;
}

const NOTHING: ReadonlyMap<string, Counts> = new Map();

/** One server over all samples: the last report, from which the next one differs. */
export class KnownServer {
  #last: Answer | undefined;
  #counts = NOTHING;
  /** The question that has not been answered in time, or that is asked beside the rounds. */
  asking: Promise<void> | undefined;
  /** The last failure; undefined where the last question was answered. */
  failure: Unanswered | undefined;

  /** A sample without an answer. The next report differs from the last one all the same. */
  failed(facts: RosterFacts, { state, failure, health }: Unanswered): ServerSample {
    return { ...facts, state, failure, report: null, health, ...WITHOUT_REPORT };
  }

  /** A sample of an answer, which becomes the last one. */
  answered(facts: RosterFacts, answer: Answer): ServerSample {
    const { stats, health } = answer;
    const last = this.#last;
    const counts = new Map<string, Counts>(stats.methods.map((method) => [method.name, method]));
    const isSame = last === undefined || this.#isSame(answer, last, counts);
    const { time, server, load, counting, recent } = stats;
    const basis = last && (isSame ? this.#sinceLast(answer, last) : sinceStart(answer, last));
    this.#last = answer;
    this.#counts = counts;
    const methods = stats.methods.map((total): MethodSample => {
      const { name } = total;
      const rates = basis ? ratesBetween(total, basis.before.get(name) ?? NO_COUNTS, basis.seconds) : null;
      return { name, servers: 1, total, rates };
    });
    const served = methods.filter(isOfServices).flatMap(({ rates }) => (rates === null ? [] : [rates]));
    const others = basis && stats.others ? [ratesBetween(stats.others, basis.others, basis.seconds)] : [];
    return {
      ...facts,
      serverType: facts.serverType === '' ? (server.serverType ?? '') : facts.serverType,
      ...{ state: 'answered', failure: null, health, methods, isRestarted: !isSame },
      report: { time, server, load, counting, recent, others: stats.others },
      eventLoopUse: isSame && last ? loopUse(stats, last.stats) : null,
      rates: mergedRates([...served, ...others]),
    };
  }

  #sinceLast(now: Answer, last: Answer): Basis {
    const elapsed = now.stats.server.uptime - last.stats.server.uptime;
    return { before: this.#counts, others: last.stats.others ?? NO_COUNTS, seconds: atLeast(elapsed) };
  }

  /** False where another process, or another server in the same process, answers under the id. */
  #isSame({ stats, askedAt }: Answer, last: Answer, counts: ReadonlyMap<string, Counts>): boolean {
    const [now, before] = [stats.server, last.stats.server];
    if (now.pid !== before.pid || now.machine !== before.machine || now.uptime < before.uptime) return false;
    // A container starts each process with the same number. A process that is younger than the last report is another one.
    if (now.uptime < askedAt - last.answeredAt) return false;
    if (stats.counting !== last.stats.counting) return false;
    for (const [name, method] of this.#counts) if (wentBack(counts.get(name) ?? NO_COUNTS, method)) return false;
    return true;
  }
}

const WITHOUT_REPORT = { isRestarted: false, eventLoopUse: null, rates: null, methods: [] } as const;

/**
 * A server that was made anew since the last report has counted all calls since then. Undefined where the server may be older, such as a
 * standby of another machine: such counts may be from any time.
 */
function sinceStart({ stats, askedAt, answeredAt }: Answer, last: Answer): Basis | undefined {
  const [now, before] = [stats.server, last.stats.server];
  const elapsed = askedAt - last.answeredAt;
  const isYoung = now.uptime <= answeredAt - last.askedAt;
  const isInSameProcess = now.pid === before.pid && now.machine === before.machine;
  if (!isYoung && !isInSameProcess) return undefined;
  return { before: NOTHING, others: NO_COUNTS, seconds: atLeast(Math.min(elapsed, now.uptime)) };
}

function loopUse({ load: now }: StatsReport, { load: before }: StatsReport): number | null {
  const active = now.eventLoopActive - before.eventLoopActive;
  const idle = now.eventLoopIdle - before.eventLoopIdle;
  return active + idle > 0 ? Math.min(1, Math.max(0, active / (active + idle))) : null;
}

/** Two reports may come within one millisecond. */
function atLeast(ms: number): number {
  return Math.max(1, ms) / 1_000;
}
