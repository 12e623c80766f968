import { randomBytes } from 'node:crypto';

/** Makes a generation that no other server has. The value is random and says nothing else about its process. */
export function newGeneration(): string {
  return randomBytes(12).toString('base64url');
}
