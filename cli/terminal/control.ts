/** Sequences that a terminal obeys. */

/** The other screen of the terminal (1049), without the cursor (25) and without a break of lines that are too long (7). */
export const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';

/** Undoes {@link ENTER}. Frames are written whole, and leave nothing else behind. */
export const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Holds the terminal's picture still until {@link END_FRAME}, on terminals that can. */
export const BEGIN_FRAME = '\x1b[?2026h';

export const END_FRAME = '\x1b[?2026l';

/** Moves the cursor to the start of a line; the first one is 0. */
export const toLine = (line: number): string => `\x1b[${line + 1};1H`;

/** Erases the line of the cursor. */
export const ERASE_LINE = '\x1b[2K';
