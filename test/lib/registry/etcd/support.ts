import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import '@grpc/grpc-js'; // loading takes seconds on a busy machine, and would count in the time of an engine's first call
import { RpcCode, type RpcError } from '../../../../lib/errors.js';
import type { Engine, Snapshot } from '../../../../lib/registry/engine.js';
import { EtcdEngine } from '../../../../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions, type EtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import { until } from '../../../support/until.js';

/** An engine that the end of the test closes. */
export function engineOn(
  t: Pick<TestContext, 'after'>,
  options: Partial<EtcdOptions> & Pick<EtcdOptions, 'hosts'>,
): EtcdEngine {
  const engine = new EtcdEngine(checkEtcdOptions({ namespace: 'tests', ...options }));
  t.after(() => engine.close());
  return engine;
}

/** Lists until an answer comes. */
export async function listed(engine: Engine, prefix = ''): Promise<Snapshot> {
  return until(() => engine.list(prefix).catch(() => undefined), { what: 'a list' });
}

export async function failure(work: Promise<unknown>): Promise<RpcError> {
  return work.then(
    () => assert.fail('nothing failed'),
    (error: RpcError) => error,
  );
}

/** The error of an engine that is refused. On a loaded machine etcd may not have answered at first. */
export async function refusal(engine: Engine): Promise<RpcError> {
  return until(
    async () => {
      const error = await failure(engine.list(''));
      return error.code === RpcCode.Registry ? undefined : error;
    },
    { what: 'a refusal' },
  );
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
