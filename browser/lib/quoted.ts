import { inspect } from './inspect.js';

/** Unit: characters */
const MAX_CHARS = 100;
const MAX_PRINTED = 1_000;

/** A text in quotes, and short. */
export function quoted(text: string): string {
  return JSON.stringify(printable(text, MAX_CHARS));
}

/** A text as part of a sentence: short, and without characters that nobody sees or that change the writing direction. */
export function printable(text: string, most = MAX_PRINTED): string {
  const shown = text.length > most ? `${text.slice(0, most)}...` : text;
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0')}`);
}

/** A value of the user, for the end of a message: `got "x"`. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : printable(inspect(value), MAX_CHARS);
}
