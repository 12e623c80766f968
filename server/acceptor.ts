import type { AcceptorOptions } from '../lib/leader/acceptor.js';
import { ChannelAcceptor, type ChannelAcceptorOptions } from '../lib/leader/channel-acceptor.js';
import { CustomAcceptor, type CustomAcceptorOptions } from '../lib/leader/custom-acceptor.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import { invalid } from '../lib/options.js';
import type { ServerOptions } from './options.js';

type Resolved = ChannelAcceptorOptions & Pick<CustomAcceptorOptions, 'onClosed'>;

/** The acceptor of a server: that of the user's factory, or the one on the package's transports. */
export function makeAcceptor(
  written: ServerOptions,
  options: Resolved,
  services: () => AcceptorOptions['services'],
): ServerAcceptor {
  const { acceptorFactory: factory, listen } = written;
  if (factory === undefined) return new ChannelAcceptor({ ...options, hasOneChannel: true });
  const rule = (['authorize', 'expose'] as const).find((name) => written[name] !== undefined);
  if (rule !== undefined)
    throw invalid(`${rule} cannot be combined with acceptorFactory: a custom acceptor decides by itself who may call`);
  const proof = (['secret', 'authenticate'] as const).find((name) => written[name] !== undefined);
  if (proof !== undefined)
    throw invalid(
      `${proof} cannot be combined with acceptorFactory: a custom acceptor decides by itself who may connect`,
    );
  if (listen !== undefined) throw invalid('listen cannot be combined with acceptorFactory: give port');
  const { endpoint } = options.doors[0];
  return new CustomAcceptor({ ...options, endpoint, factory, serverOptions: { ...written }, services });
}
