import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type ClusterOptions, resolveClusterOptions } from '../../../../lib/cluster/options.js';
import { LeaderChannel } from '../../../../lib/cluster/real-client/leader-channel.js';
import { RpcCode, type RpcError } from '../../../../lib/errors.js';
import { checked } from '../../../../lib/service/checked.js';
import type { Fence } from '../../../../lib/serving/fence.js';
import type { IncomingCall } from '../../../../lib/serving/incoming-call.js';
import { generated, heard } from '../support.js';

class Real {
  async get(key: string): Promise<string> {
    return `value of ${key}`;
  }
  async fail(): Promise<never> {
    throw new Error('no such key');
  }
  secret(): void {}
}

function setUp(
  given: ClusterOptions = {},
  onEvent: (event: string, args: unknown[]) => void = () => {},
  fence?: Fence,
  make: () => object = () => new Real(),
) {
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const logger = { info: write, warn: write, error: write };
  const options = resolveClusterOptions({ name: 'Data', logger, ...given }, 'Data');
  const handler = heard();
  const channel = new LeaderChannel(make, generated(Real), options, { ...handler, onEvent }, fence);
  /** How a Follower's call ends; a one-way call as its Follower is not answered. */
  const invoke = (method: string, args: unknown[], oneway = false) =>
    new Promise<string>((resolve) => {
      const call: Pick<IncomingCall, 'method' | 'args' | 'oneway' | 'succeed' | 'fail' | 'refuse'> = {
        method,
        args,
        oneway,
        succeed: (results) => resolve(`succeeds: ${results}`),
        fail: (error) => resolve(`fails: ${error.message}`),
        refuse: (error: RpcError) => resolve(`refused: ${error.code}`),
      };
      channel.invoke(call as IncomingCall);
    });
  return { channel, invoke, log, errors: handler.errors };
}

describe('LeaderChannel', () => {
  it('calls delegated methods for Followers, and refuses others', async () => {
    const { invoke, log, errors } = setUp();
    assert.equal(await invoke('get', ['a']), 'succeeds: value of a');
    assert.equal(await invoke('fail', []), 'fails: no such key');
    assert.equal(await invoke('secret', []), `refused: ${RpcCode.NoMethod}`);
    assert.deepEqual([log, errors], [[], []]);
  });

  it('starts no method once it leads no more, though a schema was checking the arguments meanwhile', async () => {
    let leads = true;
    let calls = 0;
    const deposed = z.string().refine(async () => {
      leads = false;
      return true;
    });
    const get = checked({ args: [deposed] }, () => (calls += 1));
    const fence: Fence = { term: { store: 'a', revision: 1 }, leads: () => leads };
    const { invoke } = setUp({}, undefined, fence, () => Object.assign(new Real(), { get }));
    assert.equal(await invoke('get', ['a']), `refused: ${RpcCode.StaleLeader}`);
    assert.equal(calls, 0);
  });

  it('explains a method that is not delegated, before any argument is decoded', () => {
    const { channel } = setUp();
    assert.equal(channel.missing('get', 1), undefined);
    const error = channel.missing('secret', 0);
    assert.deepEqual(
      [error?.code, error?.message],
      [RpcCode.NoMethod, '"secret" is not a delegated method of Data; these are: get, fail'],
    );
  });

  it('logs a failed call with its stack, and emits it; an expected error is not logged', () => {
    const events: unknown[][] = [];
    const made = setUp({ expectedErrors: ['E_EXPECTED'] }, (...event) => events.push(event));
    const failed = { oneway: true, code: undefined, caller: undefined };
    made.channel.failed({ ...failed, method: 'fail', error: new Error('no such key') });
    const expected = Object.assign(new Error('no more'), { code: 'E_EXPECTED' });
    made.channel.failed({ ...failed, method: 'get', error: expected });
    assert.equal(made.log.length, 1);
    assert.match(made.log[0] ?? '', /^mailstation: Data\.fail one-way, failed: Error: no such key\n +at /);
    assert.deepEqual(
      events.map(([name, args]) => [name, (args as [{ expected: boolean }])[0].expected]),
      [
        ['callFailed', false],
        ['callFailed', true],
      ],
    );
    assert.deepEqual(made.errors, []);
  });

  it('reports an answer that comes after the deadline of its caller', async (t) => {
    const { invoke, errors } = setUp({ responseTimeout: 100 });
    let now = 0;
    t.mock.method(performance, 'now', () => (now += 60));
    await invoke('get', ['in time']);
    assert.deepEqual(errors, []);
    t.mock.method(performance, 'now', () => (now += 101));
    await invoke('get', ['late']);
    assert.deepEqual(errors, [
      'Data.get answered after 101 ms, and its caller waits 100 ms; raise responseTimeout or make the method faster',
    ]);
  });

  it('has the codec of the option transcode, and else none of its own', () => {
    const transcode = { encode: () => '', decode: () => undefined };
    assert.deepEqual([setUp().channel.codec, setUp({ transcode }).channel.codec?.name], [undefined, 'transcode']);
  });
});
