import { BEGIN_FRAME, END_FRAME, ERASE_LINE, toLine } from './control.js';

/** Size of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines that a terminal shows, so that the next frame sends the lines that changed and no others. */
export class Frame {
  #shown: readonly string[] = [];
  #size: Size | undefined;

  /** Bytes that bring the terminal to `lines`; '' where the terminal shows them. Lines beyond the height are left out. */
  next(lines: readonly string[], size: Size): string {
    const isFresh = size.columns !== this.#size?.columns || size.rows !== this.#size.rows;
    const shown = isFresh ? [] : this.#shown;
    const changes: string[] = [];
    for (let row = 0; row < size.rows; row += 1) {
      const line = lines[row] ?? '';
      // A fresh screen has lines of anybody: each is written.
      if (isFresh || line !== (shown[row] ?? '')) changes.push(toLine(row) + ERASE_LINE + line);
    }
    this.#shown = lines.slice(0, size.rows);
    this.#size = size;
    return changes.length === 0 ? '' : BEGIN_FRAME + changes.join('') + END_FRAME;
  }

  /** The terminal shows something else now: the next frame sends every line. */
  forget(): void {
    this.#size = undefined;
  }
}
