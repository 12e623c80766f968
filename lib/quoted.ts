import { inspect } from './inspect.js';
import { jsonText } from './json-text.js';

const MAX_CHARS = 100;
const MAX_PRINTED = 1_000;
const SHOWN = { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false, maxStringLength: 80 };

/** A peer's text in a form that is safe in a log: short, in quotes, and without characters that a terminal would obey. */
export function quoted(text: string): string {
  const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
  // JSON alone does not escape DEL, the control characters after DEL, and the marks that change the writing direction.
  return jsonText(shown).replace(/[^ -~]/g, escaped);
}

/** A peer's text as part of a sentence: as {@link quoted}, but without the quotes, and longer. */
export function printable(text: string): string {
  const shown = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}...` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** A text of several lines without other characters that a terminal would obey. */
export function escapeControls(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/**
 * A value of the user, for the end of a message: `got "x"`, `got [ 1, 2 ]`. Short and on one line. Does not run code of the
 * value, such as a custom `inspect`.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof URL) return quoted(value.href);
  const text = inspect(value, SHOWN).replace(/\s*\n\s*/g, ' ');
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
}

/** Escapes each UTF-16 unit of a character. */
function escaped(char: string): string {
  const units = char.split('');
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
