import type { Edge, Model, Node } from './model.js';

/** A node with its place. Unit: pixels, from the upper left corner */
export interface Placed {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface PlacedEdge {
  readonly edge: Edge;
  readonly path: string;
}

export interface Layout {
  readonly nodes: readonly Placed[];
  readonly edges: readonly PlacedEdge[];
  readonly lefts: readonly number[];
  readonly columnWidth: number;
  readonly height: number;
}

const ROW = 30;
const GAP = 6;
const TOP = 30;
const BAND_GAP = 18;
/** Side of the square of a mark without words. */
const CELL = 20;
/** Least width of a column, and of the space between two. */
const LEAST_COLUMN = 150;
const SPACE = 46;

/** Places the nodes: two columns from the top down, and three in bands of one type of servers each. */
export function layoutOf({ nodes, edges }: Model, width: number): Layout {
  const columnWidth = Math.max(LEAST_COLUMN, (width - 4 * SPACE - 2) / 5);
  const lefts = [0, 1, 2, 3, 4].map((column) => 1 + column * (columnWidth + SPACE));
  const leftOf = (column: number) => lefts[column] ?? 0;
  const placed: Placed[] = [];
  const heights = [0, 1].map((column) => {
    const rows = nodes.filter((node) => node.column === column);
    for (const [at, node] of rows.entries())
      placed.push({ node, x: leftOf(column), y: TOP + at * (ROW + GAP), width: columnWidth, height: ROW });
    return TOP + rows.length * (ROW + GAP);
  });
  let top = TOP;
  for (const { id, band = '' } of nodes.filter(({ column }) => column === 3)) {
    const inBand = nodes.filter((node) => node.band === band);
    const parts = [2, 3, 4].map((column) => {
      const rows = inBand.filter((node) => node.column === column);
      return stack(rows, leftOf(column), columnWidth);
    });
    const tallest = Math.max(...parts.map(({ height }) => height));
    for (const { nodes: rows, height } of parts) {
      // A type stands in the middle of its servers and of its mailboxes.
      const down = top + (rows[0]?.node.id === id ? (tallest - height) / 2 : 0);
      for (const row of rows) placed.push({ ...row, y: row.y + down });
    }
    top += tallest + BAND_GAP;
  }
  return { nodes: placed, edges: pathsOf(edges, placed), lefts, columnWidth, height: Math.max(top, ...heights) };
}

/** Places rows below each other, and small ones in a grid. The places begin at 0. */
function stack(
  rows: readonly Node[],
  x: number,
  width: number,
): { readonly nodes: readonly Placed[]; readonly height: number } {
  if (rows[0]?.isSmall === true) {
    const across = Math.floor(width / CELL);
    const nodes = rows.map((node, at) => {
      const y = Math.floor(at / across) * CELL;
      return { node, x: x + (at % across) * CELL, y, width: CELL, height: CELL };
    });
    return { nodes, height: Math.ceil(rows.length / across) * CELL };
  }
  const nodes = rows.map((node, at) => ({ node, x, y: at * (ROW + GAP), width, height: ROW }));
  return { nodes, height: Math.max(ROW, rows.length * (ROW + GAP) - GAP) };
}

function pathsOf(edges: readonly Edge[], placed: readonly Placed[]): PlacedEdge[] {
  const places = new Map(placed.map((each) => [each.node.id, each]));
  const toGrids = new Set<string>();
  return edges.flatMap((edge) => {
    const from = places.get(edge.from);
    const to = places.get(edge.to);
    if (from === undefined || to === undefined) return [];
    const start = { x: from.x + from.width, y: from.y + from.height / 2 };
    if (to.node.isSmall !== true) return [{ edge, path: curve(start, { x: to.x, y: to.y + to.height / 2 }) }];
    // Marks in a grid have one edge together, to the middle of the grid: edges of their own would cover each other.
    if (toGrids.has(edge.from)) return [];
    toGrids.add(edge.from);
    return [{ edge, path: curve(start, { x: to.x, y: start.y }) }];
  });
}

function curve(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): string {
  const [width, height] = [to.x - from.x, to.y - from.y];
  return `M${round(from.x)} ${round(from.y)}c${[width / 2, 0, width / 2, height, width, height].map(round).join(' ')}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
