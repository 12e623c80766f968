import type { ClusterBuilder } from '../cluster/builder.js';
import { cluster } from '../cluster/cluster.js';
import { CALL_DEADLINE_MS } from '../registry/engine.js';
import type { CheckedMachineShare } from '../registry/machine-share.js';
import { StoreHost } from './store-host.js';

/** Time that the process which has the connection has for an answer, the deadline of the engine included. Unit: ms */
const ANSWER_MS = CALL_DEADLINE_MS + 1_000;

/**
 * Builder of the shared client of a machine. `name`: the same for all processes that may use one connection: the store, the namespace and
 * the user. Throws {@link RpcCode.InvalidArgument}.
 */
export function hostBuilder(name: string, share: CheckedMachineShare): ClusterBuilder<typeof StoreHost> {
  const { endpoint, lead, secret } = share;
  return cluster(StoreHost, {
    name,
    ...(endpoint.transport === 'unix' ? { path: endpoint.path } : { port: endpoint.port }),
    isLeader: lead ? null : false,
    ...(secret !== undefined && { secret }),
    singleMode: false,
    maxWaitTime: CALL_DEADLINE_MS,
    responseTimeout: ANSWER_MS,
    autoGenerate: false,
  })
    .delegate('grant')
    .delegate('renew')
    .delegate('revoke')
    .delegate('list')
    .delegate('commit')
    .delegate('watch', 'stream')
    .delegate('states', 'stream')
    .delegate('close', 'close');
}
