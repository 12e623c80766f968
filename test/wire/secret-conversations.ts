import type { ClientOptions, ServerOptions } from '../../index.js';
import { call, serve } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { makeService, NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

const SECRET = 'the secret of the recorded peers';

interface Ends {
  readonly server: Partial<ServerOptions>;
  readonly client: ClientOptions;
}

/** Registers through a tap, and calls once. Resolves when the call has been answered, or has failed. */
async function register(t: Scope, { createServer, createClient }: Package, { server, client }: Ends): Promise<Tap> {
  const { methods } = makeService();
  const { port } = await serve(t, methods, { callbacks: true, keepalive: NEVER_MS, ...server }, createServer);
  const tap = await Tap.open(t, port);
  tap.step = 'register, and call';
  const info = { id: 'test-1', serverType: 'test', port: tap.port };
  const { calls, client: stopped } = await call(t, [info], { keepalive: NEVER_MS, ...client }, createClient);
  const called = calls.nothing(null).catch(() => {});
  await tap.passed('"type":"register_channel_res"');
  if (server.secret === client.secret) await called;
  await stopped.stop(true);
  await called;
  return tap;
}

export function secrets(t: Scope, pack: Package): Promise<Tap> {
  return register(t, pack, {
    server: { secret: SECRET, authenticate: (token) => token === 'a token' },
    client: { secret: SECRET, auth: 'a token', clientId: 'recorder' },
  });
}

export function wrongSecrets(t: Scope, pack: Package): Promise<Tap> {
  return register(t, pack, { server: { secret: SECRET }, client: { secret: `not ${SECRET}` } });
}

export function missingSecrets(t: Scope, pack: Package): Promise<Tap> {
  return register(t, pack, { server: { secret: SECRET }, client: {} });
}

export function tokens(t: Scope, pack: Package): Promise<Tap> {
  return register(t, pack, {
    server: { authenticate: (token) => token === 'a token' },
    client: { auth: 'a token' },
  });
}
