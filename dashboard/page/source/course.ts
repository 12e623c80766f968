import type { Figures, History, HistoryRow, Totals } from '../../snapshot.js';

const ROWS = [
  ...(['rate', 'failed', 'p50', 'p95', 'p99', 'running', 'queued', 'streams', 'lag', 'busy', 'rss'] as const),
] satisfies readonly HistoryRow[];

type Numbers = (number | null)[];

/** Figures over time that grow at one end and are cut at the other, for charts. */
export class Course {
  /** Unit: seconds since 1970, as the charts want them. */
  readonly times: number[] = [];
  readonly rows: Readonly<Record<HistoryRow, Numbers>>;

  constructor(history?: History) {
    this.rows = Object.fromEntries(ROWS.map((row) => [row, [...(history?.rows[row] ?? [])]])) as Record<
      HistoryRow,
      Numbers
    >;
    this.times.push(...(history?.times ?? []).map((time) => time / 1_000));
  }

  /**
   * Appends the figures of a moment, unless the course has them already.
   *
   * @param time unit: ms since 1970
   * @param reach how far the course goes back at most. Unit: ms
   */
  append(time: number, figures: Totals | Figures, reach: number): void {
    const last = this.times.at(-1);
    if (last !== undefined && time / 1_000 <= last) return;
    this.times.push(time / 1_000);
    const known = figures as Partial<Record<HistoryRow, number | null>>;
    for (const row of ROWS) this.rows[row].push(known[row] ?? null);
    const oldest = (time - reach) / 1_000;
    const gone = this.times.findIndex((each) => each >= oldest);
    if (gone > 0) for (const list of [this.times, ...Object.values(this.rows)]) list.splice(0, gone);
  }
}
