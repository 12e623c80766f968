const MAX_CHARS = 100;
const MAX_PRINTED = 1_000;

/** A stranger's text as it may stand in a log: short, in quotes, and nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
  // JSON alone leaves DEL, the controls behind it, and the marks that turn the direction of writing as they are.
  return JSON.stringify(shown).replace(/[^ -~]/g, escaped);
}

/** The same for a text that is to be read as a sentence: without the quotes, and longer. */
export function printable(text: string): string {
  const shown = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}...` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** Each of its UTF-16 units. */
function escaped(char: string): string {
  const units = char.split('');
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
