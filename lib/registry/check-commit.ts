import { invalid } from '../options.js';
import { quoted } from '../quoted.js';
import { type Condition, MAX_OPERATIONS, type Operation } from './engine.js';
import { leaseLost } from './engine-errors.js';

/**
 * Checks a commit before it is sent, in the same way for each engine. Throws {@link RpcCode.InvalidArgument}, and
 * {@link RpcCode.LeaseLost} for a put under a lease that is not relied on any more, though the store may still have it.
 */
export function checkCommit(when: readonly Condition[], ...lists: readonly (readonly Operation[])[]): void {
  for (const list of [when, ...lists]) {
    if (list.length > MAX_OPERATIONS)
      throw invalid(`a commit has at most ${MAX_OPERATIONS} conditions, and as many operations; got ${list.length}`);
  }
  for (const list of lists) {
    const changed = new Set<string>();
    for (const operation of list) {
      if (operation.type !== 'put' && operation.type !== 'delete') continue;
      if (operation.type === 'put' && operation.lease?.alive() === false) throw leaseLost(operation.lease.id);
      if (changed.has(operation.key)) throw invalid(`a commit changes the key ${quoted(operation.key)} twice`);
      changed.add(operation.key);
    }
  }
}
