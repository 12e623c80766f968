import { isOfServices, type MethodSample, mergedMethods } from '../../observe/fleet/index.js';
import type { MethodFigures, ServerMethodFigures } from '../snapshot.js';
import type { ObservedServer } from '../watch.js';
import { rounded } from './keys.js';

/** Entries at most. A server may have 10,000 methods. */
const MAX_METHODS = 1_000;
const MAX_SERVER_METHODS = 2_000;

/** Figures of the methods, and how many methods were left out. */
export interface Methods {
  readonly methods: Map<string, MethodFigures>;
  readonly serverMethods: Map<string, ServerMethodFigures>;
  readonly left: { readonly methods: number; readonly serverMethods: number };
}

export function methodsOf(servers: readonly ObservedServer[]): Methods {
  const byType = new Map<string, MethodSample[][]>();
  const ofServers: ServerMethodFigures[] = [];
  for (const { sample } of servers) {
    const serverType = sample.report?.server.serverType ?? sample.serverType;
    const methods = sample.methods.filter(isOfServices);
    for (const method of methods) ofServers.push({ ...figures(serverType, method), server: sample.id });
    const same = byType.get(serverType);
    if (same === undefined) byType.set(serverType, [methods]);
    else same.push(methods);
  }
  const ofTypes = [...byType].flatMap(([serverType, lists]) =>
    mergedMethods(lists).map((method) => figures(serverType, method)),
  );
  const [methods, serverMethods] = [busiest(ofTypes, MAX_METHODS), busiest(ofServers, MAX_SERVER_METHODS)];
  return {
    methods: new Map(methods.map((entry) => [`${entry.serverType} ${entry.method}`, entry])),
    serverMethods: new Map(serverMethods.map((entry) => [`${entry.server} ${entry.method}`, entry])),
    left: { methods: ofTypes.length - methods.length, serverMethods: ofServers.length - serverMethods.length },
  };
}

/** Methods that are called, and then those with the most calls. The choice stays when the rates of a moment differ. */
function busiest<Entry extends MethodFigures>(entries: readonly Entry[], most: number): readonly Entry[] {
  if (entries.length <= most) return entries;
  return [...entries].sort((a, b) => b.calls - a.calls).slice(0, most);
}

function figures(serverType: string, { name: method, total, rates }: MethodSample): MethodFigures {
  const { outcomes, open, queued, streams, codes } = total;
  const calls = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return {
    ...{ serverType, method, rate: rounded(rates?.calls ?? 0), failed: rounded(rates?.failures ?? 0) },
    left: outcomes.left,
    ...{ success: rounded(rates?.success ?? null), p50: rounded(rates?.p50 ?? null), p95: rounded(rates?.p95 ?? null) },
    ...{ p99: rounded(rates?.p99 ?? null), max: rounded(rates?.max ?? null), open, queued, streams, calls, codes },
  };
}
