/** In a page, messages do not guess the name that was meant. */
export function nearName(_name: string, _known: readonly string[]): undefined {
  return undefined;
}
