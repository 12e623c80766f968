import type { ResolvedClusterOptions } from '../options.js';

/**
 * Options of a shared client toward the other processes of the machine. The channel has another name there: a process that shares a real client
 * of this machine alone, without the election, must not be followed by mistake.
 */
export function machineOptions(options: ResolvedClusterOptions): ResolvedClusterOptions {
  const { election, tls: _between, isLeader: _elsewhere, ...others } = options;
  if (election?.share === undefined) return options;
  const { endpoint, lead } = election.share;
  return Object.freeze({
    ...others,
    name: `${options.name}, elected in ${election.election.name}`,
    endpoint,
    isLeader: lead ? undefined : false,
    port: endpoint.transport === 'unix' ? undefined : endpoint.port,
  });
}
