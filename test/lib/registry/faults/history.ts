/** Time on the one clock that all processes of a machine share. Unit: ms */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Time in which one candidate said, at each look, that it leads. */
export interface Reign {
  readonly holder: string;
  readonly revision: number;
  readonly from: number;
  to: number;
}

/** The reigns in the lines of one candidate. A line that a kill has cut off is left out. */
export function reignsOf(holder: string, text: string): Reign[] {
  const reigns: Reign[] = [];
  let current: Reign | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const [time = '', term = ''] = line.split(' ');
    if (term === '-') current = undefined;
    else if (current?.revision === Number(term)) current.to = Number(time);
    else {
      current = { holder, revision: Number(term), from: Number(time), to: Number(time) };
      reigns.push(current);
    }
  }
  return reigns;
}

/** Violation: two candidates that lead at the same time, and a Leader whose term is not above those before. */
export function violations(reigns: readonly Reign[]): string[] {
  const found: string[] = [];
  const sorted = reigns.toSorted((one, other) => one.from - other.from);
  let last: Reign | undefined;
  let highest = 0;
  for (const reign of sorted) {
    if (last !== undefined && last.holder !== reign.holder && reign.from <= last.to)
      found.push(
        `${reign.holder} and ${last.holder} lead together for ${ms(Math.min(last.to, reign.to) - reign.from)} ms`,
      );
    if (reign.revision <= highest) found.push(`${reign.holder} leads in the term ${reign.revision}, after ${highest}`);
    highest = Math.max(highest, reign.revision);
    if (last === undefined || reign.to > last.to) last = reign;
  }
  return found;
}

function ms(time: number): string {
  return time.toFixed(1);
}
