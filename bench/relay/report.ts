import { formatRate } from '../report.js';
import { median, type RatioRange, ratioRange } from '../statistics.js';
import type { ChainRound, Role } from './chain.js';

const ROLES: readonly Role[] = ['caller', 'relay', 'server'];

/** A way in a table: medians of its rounds, and ratios to the first way in the same round. */
export interface RelayRow {
  readonly name: string;
  readonly cpuUs: Readonly<Record<Role, number>>;
  /** CPU time of all processes for a call. Unit: us */
  readonly allUs: number;
  readonly cpuRatio: RatioRange;
  readonly callsPerSecond: number;
  /** Median of the latency, at one call in flight. Unit: us */
  readonly p50?: number;
}

/** `rounds`: of each way, the first of which is what the others are compared with. */
export function relayRows(names: readonly string[], rounds: readonly (readonly ChainRound[])[]): RelayRow[] {
  const all = ({ cpuUs }: ChainRound): number => cpuUs.caller + cpuUs.relay + cpuUs.server;
  const base = (rounds[0] ?? []).map(all);
  return names.map((name, at) => {
    const own = rounds[at] ?? [];
    const of = (role: Role): number => median(own.map(({ cpuUs }) => cpuUs[role]));
    const latencies = own.flatMap(({ p50 }) => p50 ?? []);
    return {
      name,
      cpuUs: { caller: of('caller'), relay: of('relay'), server: of('server') },
      allUs: median(own.map(all)),
      cpuRatio: ratioRange(own.map(all), base),
      callsPerSecond: median(own.map(({ callsPerSecond }) => callsPerSecond)),
      ...(latencies.length > 0 && { p50: median(latencies) }),
    };
  });
}

export function formatRelayTable(title: string, rows: readonly RelayRow[]): string {
  const hasLatency = rows.some(({ p50 }) => p50 !== undefined);
  const cells = (texts: readonly string[]): string => texts.map((text) => text.padStart(12)).join('');
  const names = [...ROLES.map((role) => `${role} us`), 'all us', 'x direct'];
  const header = `${' '.repeat(22)}${cells(names)}${'middle half'.padStart(16)}${cells(['calls/s', ...(hasLatency ? ['p50 us'] : [])])}`;
  const lines = rows.map(({ name, cpuUs, allUs, cpuRatio, callsPerSecond, p50 }) => {
    const { median: ratio, low, high } = cpuRatio;
    const figures = [...ROLES.map((role) => cpuUs[role].toFixed(2)), allUs.toFixed(2), ratio.toFixed(2)];
    const range = `${low.toFixed(2)} - ${high.toFixed(2)}`.padStart(16);
    const rates = [formatRate(callsPerSecond), ...(p50 === undefined ? [] : [p50.toFixed(1)])];
    return `  ${name.padEnd(20)}${cells(figures)}${range}${cells(rates)}`;
  });
  return [title, header, ...lines].join('\n');
}
