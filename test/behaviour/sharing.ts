import { describe, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { ClientOptions, createClient } from '../../node-client.js';
import { until } from '../support/until.js';
import { type Calling, call, type Served } from './support.js';

/** Who has the mailbox of the client that a test calls with. */
export type Sharing = 'nobody else' | 'itself, for others' | 'another';

/** Says the same of a client of its own mailboxes, of one that leads a share, and of one that follows. */
export function overSharing(suite: (sharing: Sharing) => void): void {
  for (const sharing of ['nobody else', 'itself, for others', 'another'] as const)
    describe(`whose mailboxes are with: ${sharing}`, () => suite(sharing));
}

/** A started client; where it follows, the one that leads knows no servers. */
export async function callSharing(
  t: TestContext,
  sharing: Sharing,
  servers: readonly (Served | ServerInfo)[],
  options: ClientOptions = {},
): Promise<Calling> {
  if (sharing === 'nobody else') return call(t, servers, options);
  const port = await freePort();
  if (sharing === 'another') await lead(t, port, [], options);
  const calling = await call(t, servers, { ...options, share: { port } });
  const state = sharing === 'another' ? 'following' : 'leading';
  await until(() => calling.client.sharing === state, { what: `the client to be ${state}` });
  return calling;
}

/** A client that leads. */
export async function lead(
  t: Pick<TestContext, 'after'>,
  port: number,
  servers: readonly (Served | ServerInfo)[] = [],
  options: ClientOptions = {},
  create?: typeof createClient,
): Promise<Calling> {
  const calling = await call(t, servers, { ...options, share: { port, ...options.share } }, create);
  await until(() => calling.client.sharing === 'leading', { what: 'the client to lead' });
  return calling;
}

/** One that follows. */
export async function follow(
  t: Pick<TestContext, 'after'>,
  port: number,
  servers: readonly (Served | ServerInfo)[],
  options: ClientOptions = {},
  create?: typeof createClient,
): Promise<Calling> {
  const calling = await call(t, servers, { ...options, share: { port, ...options.share } }, create);
  await until(() => calling.client.sharing === 'following', { what: 'the client to follow' });
  return calling;
}
