import type { Figures, History, HistoryRow, Totals } from '../snapshot.js';

const HISTORY_ROWS = [
  ...(['rate', 'failed', 'p50', 'p95', 'p99', 'running', 'queued', 'streams', 'lag', 'busy', 'rss'] as const),
] satisfies readonly HistoryRow[];

const WIDTH = HISTORY_ROWS.length;

/** Course of the figures of each server, over the last states. NaN: no figure. */
export class CourseOfFigures {
  readonly #size: number;
  readonly #times: Float64Array;
  readonly #totals: Float64Array;
  readonly #servers = new Map<string, Float64Array>();
  #count = 0;

  /** `size`: states that are kept. */
  constructor(size: number) {
    this.#size = size;
    this.#times = new Float64Array(size);
    this.#totals = new Float64Array(size * WIDTH);
  }

  add(time: number, totals: Totals, servers: ReadonlyMap<string, Figures>): void {
    const at = this.#count % this.#size;
    this.#times[at] = time;
    write(this.#totals, at, totals);
    for (const [id, row] of this.#servers) {
      if (servers.has(id)) continue;
      row.fill(Number.NaN, at * WIDTH, (at + 1) * WIDTH);
      if (row.every(Number.isNaN)) this.#servers.delete(id);
    }
    for (const [id, figures] of servers) write(this.#rowOf(id), at, figures);
    this.#count += 1;
  }

  /** Course of one server, or of all together without a server. A server that is not known has no figures. */
  history(server: string | undefined): History {
    const row = server === undefined ? this.#totals : this.#servers.get(server);
    const length = Math.min(this.#count, this.#size);
    const places = Array.from({ length }, (_, index) => (this.#count - length + index) % this.#size);
    const at = (place: number, column: number): number | null => {
      const value = row?.[place * WIDTH + column] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    };
    const rows = HISTORY_ROWS.map((name, column) => [name, places.map((place) => at(place, column))]);
    return {
      ...{ format: 1, server: server ?? null, times: places.map((place) => this.#times[place] as number) },
      rows: Object.fromEntries(rows) as History['rows'],
    };
  }

  #rowOf(id: string): Float64Array {
    let row = this.#servers.get(id);
    if (row === undefined) {
      row = new Float64Array(this.#size * WIDTH).fill(Number.NaN);
      this.#servers.set(id, row);
    }
    return row;
  }
}

function write(row: Float64Array, at: number, figures: Partial<Record<HistoryRow, number | null>>): void {
  for (const [column, name] of HISTORY_ROWS.entries()) row[at * WIDTH + column] = figures[name] ?? Number.NaN;
}
