import { findNatsServer } from './nats-server.js';

/** Why a peer cannot be measured here, in a sentence; undefined where it can. `nats`: path of a nats-server, or no text. */
export function whyAbsent(
  peer: string,
  node = process.versions.node,
  nats = findNatsServer() ?? '',
): string | undefined {
  if (peer === 'moleculer-15' && Number.parseInt(node, 10) < 22)
    return `moleculer-15 is left out: it needs Node 22, and this is Node ${node}`;
  if (peer === 'nats' && nats === '')
    return 'nats is left out: no nats-server was found in the PATH, nor by NATS_SERVER (Debian has a package of this name)';
  return undefined;
}
