import type { Key } from '../terminal/keys.js';

type RowKind = 'servers' | 'methods';

/** Choices of the user: the table, its order and its filter. */
export interface View {
  readonly rows: RowKind;
  /** Key of the column by which each kind of row is sorted. */
  readonly sort: Readonly<Record<RowKind, string>>;
  /** Smallest first, or for texts the last one first. */
  readonly isReversed: boolean;
  /** Rows whose texts contain this, in any case; '' for all. */
  readonly filter: string;
  /** Keys go to the filter. */
  readonly isTyping: boolean;
  /** The sample on the screen stays. */
  readonly isPaused: boolean;
  readonly isHelping: boolean;
  /** Number of rows above the first one on the screen. */
  readonly offset: number;
}

/** Facts about the picture on the screen, which some keys go by. */
export interface Shown {
  /** Keys of the columns on the screen. */
  readonly columns: readonly string[];
  /** Rows on one page. */
  readonly page: number;
  /** Rows of the filtered table. */
  readonly rows: number;
}

export const FIRST_VIEW: View = {
  rows: 'servers',
  sort: { servers: 'calls', methods: 'calls' },
  ...{ isReversed: false, filter: '', isTyping: false, isPaused: false, isHelping: false, offset: 0 },
};

/** The view after a key; undefined for the keys that end the program. */
export function afterKey(view: View, key: Key, shown: Shown): View | undefined {
  if (key.name === 'ctrl-c') return undefined;
  if (view.isTyping) return typed(view, key);
  if (view.isHelping) return key.name === 'q' ? undefined : { ...view, isHelping: false };
  switch (key.name) {
    case 'q':
      return undefined;
    case 'escape':
      return { ...view, filter: '', offset: 0 };
    case 'tab':
      return withRows(view, view.rows === 'servers' ? 'methods' : 'servers');
    case 's':
      return withRows(view, 'servers');
    case 'm':
      return withRows(view, 'methods');
    case 'left':
    case '<':
      return sortedBeside(view, shown.columns, -1);
    case 'right':
    case '>':
      return sortedBeside(view, shown.columns, 1);
    case 'r':
      return { ...view, isReversed: !view.isReversed, offset: 0 };
    case '/':
      return { ...view, isTyping: true };
    case 'p':
    case ' ':
      return { ...view, isPaused: !view.isPaused };
    case '?':
    case 'h':
      return { ...view, isHelping: true };
    default:
      return { ...view, offset: scrolled(view.offset, key.name, shown) };
  }
}

function typed(view: View, { name, text }: Key): View {
  if (name === 'return') return { ...view, isTyping: false };
  if (name === 'escape') return { ...view, isTyping: false, filter: '', offset: 0 };
  if (name === 'backspace') return { ...view, filter: [...view.filter].slice(0, -1).join(''), offset: 0 };
  if (name === 'ctrl-u') return { ...view, filter: '', offset: 0 };
  return text === '' ? view : { ...view, filter: view.filter + text, offset: 0 };
}

function withRows(view: View, rows: RowKind): View {
  return rows === view.rows ? view : { ...view, rows, offset: 0, isReversed: false };
}

/** Sorts by the column beside the one that rows are sorted by now. */
function sortedBeside(view: View, columns: readonly string[], step: number): View {
  const at = columns.indexOf(view.sort[view.rows]);
  const key = columns[Math.min(columns.length - 1, Math.max(0, at + step))];
  if (key === undefined || at + step < 0) return view;
  return { ...view, sort: { ...view.sort, [view.rows]: key }, isReversed: false, offset: 0 };
}

function scrolled(offset: number, key: string, { page, rows }: Shown): number {
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, down: 1, k: -1, j: 1, pageup: -page, pagedown: page, home: -rows, end: rows },
  };
  return Math.max(0, Math.min(offset + (steps[key] ?? 0), rows - page));
}
