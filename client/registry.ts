import type { Logger } from '../lib/diagnostics.js';
import { timeoutMs } from '../lib/options.js';
import { rosterSources } from '../lib/registry/options.js';
import type { MailStation } from '../station/index.js';
import { FollowedRoster } from './followed-roster.js';
import { CLIENT_DEFAULTS, type ClientOptions } from './options.js';

/** Reads the option `registry`, and connects its sources with the station. Undefined without the option. */
export function followedRoster(
  options: ClientOptions,
  station: MailStation,
  logger: Logger,
): FollowedRoster | undefined {
  const sources = rosterSources(options.registry);
  const timeout = timeoutMs('registryTimeout', options.registryTimeout, CLIENT_DEFAULTS.registryTimeout);
  if (sources.length === 0) return undefined;
  const roster = new FollowedRoster(station, {
    sources,
    logger,
    timeout,
    onMove: (source, to, reason) => station.emit('roster', source, to, reason),
  });
  station.sources = () => roster.words;
  station.on('mailbox', (id, to) => {
    if (to !== 'ready') roster.onDisconnected(id);
  });
  return roster;
}
