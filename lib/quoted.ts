const MAX_CHARS = 100;

/** A stranger's text as it may stand in a log: short, in quotes, and nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  const shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}...` : text;
  // JSON alone leaves DEL, the controls behind it, and the marks that turn the direction of writing as they are.
  return JSON.stringify(shown).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
