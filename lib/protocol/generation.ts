/** Longest generation that is accepted of a peer. Unit: characters */
const MAX_LENGTH = 64;

/** True for a generation of a form that a peer may send. */
export function isGeneration(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH;
}
