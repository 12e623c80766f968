import type { TestContext } from 'node:test';
import { cluster } from '../../../lib/cluster/cluster.js';
import { hostBuilder } from '../../../lib/machine/host-builder.js';
import { RelayedEngine } from '../../../lib/machine/relayed-engine.js';
import type { StoreHost } from '../../../lib/machine/store-host.js';
import { checkMachineShare } from '../../../lib/registry/machine-share.js';
import { meetingPath } from './support.js';

const NAME = 'the store of a liar';

/** Answers of a process in place of those of a {@link StoreHost}. A stream has these items, and does not end by itself. */
export interface Lies extends Partial<Record<Exclude<keyof StoreHost, 'close' | 'watch' | 'states'>, () => unknown>> {
  readonly watch?: () => readonly unknown[];
  readonly states?: () => readonly unknown[];
}

export const SNAPSHOT = Object.freeze({ store: 'one', connection: 'first', revision: 1, entries: [] });

let turn = 0;

/** A report in the right form, later than all before. */
export function report(): object {
  turn += 1;
  return { host: 'liar', turn, connected: true, endpoint: 'there', age: 0, store: 'one', obstacle: null };
}

/** An answer in the right form, around a value that may be wrong. */
export function reply(value: unknown): object {
  return { state: report(), value };
}

const TRUTH = {
  grant: () => reply({ id: '0123456789abcdef', ttl: 60_000, waited: 0 }),
  renew: () => reply(true),
  revoke: () => reply(null),
  list: () => reply(SNAPSHOT),
  commit: () => reply({ ...SNAPSHOT, done: true }),
  watch: (): readonly unknown[] => [{ opened: true }],
  states: (): readonly unknown[] => [report()],
};

/** The engine of a process that goes through another process, whose answers are `lies`, and right where there are none. */
export async function followerOfLiar(t: Pick<TestContext, 'after'>, lies: Lies): Promise<RelayedEngine> {
  const answers = { ...TRUTH, ...lies };
  class LyingHost {
    async grant(): Promise<unknown> {
      return answers.grant();
    }
    async renew(): Promise<unknown> {
      return answers.renew();
    }
    async revoke(): Promise<unknown> {
      return answers.revoke();
    }
    async list(): Promise<unknown> {
      return answers.list();
    }
    async commit(): Promise<unknown> {
      return answers.commit();
    }
    watch(): ReadableStream<unknown> {
      return streamOf(answers.watch());
    }
    states(): ReadableStream<unknown> {
      return streamOf(answers.states());
    }
  }
  const path = meetingPath(t);
  const liar = cluster(LyingHost, { name: NAME, path, isLeader: true, singleMode: false, autoGenerate: false })
    .delegate('grant')
    .delegate('renew')
    .delegate('revoke')
    .delegate('list')
    .delegate('commit')
    .delegate('watch', 'stream')
    .delegate('states', 'stream')
    .create();
  await liar.ready();
  const engine = new RelayedEngine(hostBuilder(NAME, checkMachineShare({ path, lead: false })), () => {
    throw new Error('a process that may not lead has opened an engine');
  });
  t.after(async () => {
    await engine.close();
    await cluster.close(liar);
  });
  return engine;
}

function streamOf(items: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item);
    },
  });
}
