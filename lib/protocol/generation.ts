import { randomBytes } from 'node:crypto';

/** Longest generation that is accepted of a peer. Unit: characters */
const MAX_LENGTH = 64;

/** Makes a value that no other server has. The value is random and says nothing else about its process. */
export function newGeneration(): string {
  return randomBytes(12).toString('base64url');
}

/** True for a generation of a form that a peer may send. */
export function isGeneration(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH;
}
