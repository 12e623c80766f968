/** The part of a `.cpuprofile` that tells self time; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** `url:line`, empty for V8's own entries, such as `(garbage collector)`. */
  readonly place: string;
  /** Of the time in which the process was not idle, 0 to 1. */
  readonly share: number;
}

const IDLE = '(idle)';

/** Functions by the time spent in them and not in what they called, longest first. */
export function selfTimes(profile: CpuProfile): SelfTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const totals = new Map<string, { name: string; place: string; us: number }>();
  let busyUs = 0;
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === IDLE) return;
    // A sample stands for the time up to the next one.
    const us = profile.timeDeltas[index + 1] ?? 0;
    busyUs += us;
    const name = frame.functionName || '(anonymous)';
    const place = frame.url === '' ? '' : `${frame.url}:${frame.lineNumber + 1}`;
    const key = `${name} ${place}`;
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { name, place, us });
    else total.us += us;
  });
  return [...totals.values()]
    .sort((a, b) => b.us - a.us)
    .map(({ name, place, us }) => ({ name, place, share: us / busyUs }));
}
