import type { RpcError } from '../lib/errors.js';
import { RefusalCode } from '../lib/protocol/refusal.js';

/** Cures, by the code of what made an attempt to connect fail. */
const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start the server, or correct the host and the port of its entry in client.addServer()',
  ENOENT: 'start the server, or correct the path in its entry in client.addServer()',
  ENOTFOUND: 'correct the host of its entry in client.addServer()',
  EAI_AGAIN: 'correct the host of its entry in client.addServer(), or check the name service',
  [RefusalCode.NoLeader]: 'give client.addServer() the id and the port of one server',
};

/** Advice after a failed attempt to connect, for the end of a message. Empty where the failure has it, or no cure is known. */
export function connectAdvice({ cause }: RpcError): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  const cure = typeof code === 'string' && Object.hasOwn(CURES, code) ? CURES[code] : undefined;
  return cure === undefined ? '' : `; ${cure}`;
}
