import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overTransports } from '../behaviour/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { growth } from './growth.js';
import { runEnds, WAYS } from './run.js';
import { open, take } from './way.js';

const MIB = 1024 * 1024;

describe('streams that end in all ways', () => {
  overTransports((transport) => {
    it('run the finally of each generator once, and leave nothing that the collector cannot free', async (t) => {
      expectNoLeaks(t);
      const ended = await runEnds(t, { transport, batch: 8, count: 8 * WAYS.length, samples: 1 });
      assert.equal(ended.ends.size, WAYS.length);
      assert.equal(ended.finished, ended.begun);
      assert.ok(ended.begun > 7 * WAYS.length, `${ended.begun}`);
    });
  });
});

describe('the run of all ways', () => {
  const one = { transport: 'tcp', batch: 4, count: 4, samples: 1, patience: 300 } as const;

  it('reports a generator that does not finish', async (t) => {
    const name = 'a stream that its reader forgets';
    const run = async (world: Parameters<typeof open>[0]): Promise<void> => {
      await take(open(world, 'items', 'endless'), 1);
    };
    await assert.rejects(runEnds(t, { ...one, ways: [{ name, run }] }), {
      message:
        /^a stream that its reader forgets, over tcp: .* the finally of each generator \(1 generators begun, 0 finished\)/,
    });
  });

  it('reports a generator that finishes twice', async (t) => {
    const name = 'a generator that is ended by two';
    const run = async ({ census }: Parameters<typeof open>[0]): Promise<void> => {
      census.finished += 1;
    };
    await assert.rejects(runEnds(t, { ...one, ways: [{ name, run }] }), { message: /a generator has finished twice/ });
  });

  it('reports what is kept of a stream', async (t) => {
    const kept: unknown[] = [];
    const name = 'a stream that is kept';
    const run = async (world: Parameters<typeof open>[0]): Promise<void> => {
      const stream = open(world, 'items', 'counts', 1);
      kept.push(stream);
      for await (const _ of stream);
    };
    await assert.rejects(runEnds(t, { ...one, ways: [{ name, run }] }), { message: /1 are alive/ });
    assert.equal(kept.length, 1);
  });

  it('reports an end that is not the one of its way', async (t) => {
    const name = 'a way that expects another end';
    const run = async (world: Parameters<typeof open>[0]): Promise<void> => {
      assert.equal((await open(world, 'items', 'counts', 0).next()).value, 7);
    };
    await assert.rejects(runEnds(t, { ...one, ways: [{ name, run }] }), {
      message: /^a way that expects another end, over tcp/,
    });
  });

  it('tells a heap that grows with the streams from one that has warmed up', () => {
    const flat = [18.5, 20.1, 20.8, 21.2, 21.5, 21.5, 21.4, 22, 21.9, 21.9].map((size) => size * MIB);
    assert.equal(growth(flat, 100_000).isLeak, false);
    const leaking = flat.map((size, at) => size + at * 10_000 * 40);
    assert.equal(growth(leaking, 100_000).isLeak, true);
  });
});
