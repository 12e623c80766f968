import { nearName } from './near-name.js';

/** Number of names in a message. */
const MAX_SHOWN = 8;
/** Names that are compared: an error that is made for each call of a flood must stay cheap. */
const MAX_COMPARED = 32;

/** The names that exist, for an error text: `a, b and 3 more`. */
export function listed(known: readonly string[]): string {
  if (known.length === 0) return 'none';
  const more = known.length - MAX_SHOWN;
  return known.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The cure for a name that does not exist: the name that was probably meant, or else `otherwise`. */
export function nameMeant(name: string, known: readonly string[], otherwise: string): string {
  const near = nearName(name, known.slice(0, MAX_COMPARED));
  return near === undefined ? otherwise : `Did you mean ${near}?`;
}
