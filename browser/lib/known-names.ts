/** The names that exist, for an error text. */
export function listed(known: readonly string[]): string {
  return known.join(', ') || 'none';
}

/** The cure for a name that does not exist. A page looks for no name that was probably meant. */
export function nameMeant(_name: string, _known: readonly string[], cure: string): string {
  return cure;
}
