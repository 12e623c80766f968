const MAX_CHARS = 100;
const MAX_PRINTED = 1_000;

/** A peer's text in a form that is safe in a log: short, in quotes, and without characters that a terminal would obey. */
export function quoted(text: string): string {
  const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
  // JSON alone does not escape DEL, the control characters after DEL, and the marks that change the writing direction.
  return JSON.stringify(shown).replace(/[^ -~]/g, escaped);
}

/** A peer's text as part of a sentence: as {@link quoted}, but without the quotes, and longer. */
export function printable(text: string): string {
  const shown = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}...` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** Escapes each UTF-16 unit of a character. */
function escaped(char: string): string {
  const units = char.split('');
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
