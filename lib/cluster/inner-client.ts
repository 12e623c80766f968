import type { Role } from './role/role.js';

/** Symbols of cluster-client that tests of its users read. Source: cluster-client 3.7.0, lib/symbol.js */
export const SINGLE_MODE = Symbol.for('ClusterClient#singleMode');
export const INNER_CLIENT = Symbol.for('ClusterClient#innerClient');

/** Fields of a client that tests of cluster-client's users read. The names are cluster-client's. */
export interface InnerClient {
  readonly isLeader: boolean;
  /** Undefined in a Follower. */
  readonly _realClient: object | undefined;
}

/** Whether an elected process still leads is seen when it is read. */
export function innerClient(role: Pick<Role, 'isLeader' | 'realClient'>): InnerClient {
  return {
    get isLeader() {
      return role.isLeader;
    },
    _realClient: role.realClient,
  };
}
