import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { etcdBinary, whyNoEtcd } from '../support/etcd/etcd-binary.js';
import { startProgram } from './program.js';
import { Project } from './project.js';

const STEPS = 6;

describe('the example of two machines', { skip: whyNoEtcd() }, () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  it('goes on through a rolling restart, a partition and the loss of a host, and no call of the restart fails', async (t) => {
    const folder = project.copy('two-machines');
    const env = { ETCD: etcdBinary() ?? '' };
    const program = startProgram(t, join(folder, 'main.js'), { args: ['2', '1'], env });
    assert.equal(await program.end(240_000), 0, `${program.stdout}${program.stderr}`);
    const steps = program.stdout.split(/^\d\. /m).slice(1);
    assert.equal(steps.length, STEPS, program.stdout);
    const [first = '', restart = '', partition = '', healed = '', lost = '', back = ''] = steps;
    assert.match(first, /client on A: \d+ calls, \d+ answered \(shop-a1 \d+, shop-a2 \d+, shop-b1 \d+\)/);
    assert.match(
      restart,
      /^A rolling restart[\s\S]*client on A: ([1-9]\d*) calls, \1 answered [\s\S]*failed calls: 0\n/,
    );
    assert.match(partition, /client on B: \d+ calls, [1-9]/);
    assert.match(healed, /client on B: .*shop-a1 \d+, shop-a2 \d+, shop-b1 \d+/);
    assert.match(lost, /^Host A is lost/);
    assert.doesNotMatch(lost, /client on A/);
    assert.match(back, /client on A: .*\n.*client on B: .*shop-a1 \d+, shop-a2 \d+, shop-b1 \d+/);
    assert.doesNotMatch(program.stdout, /BROKEN PROMISE/);
    assert.equal(program.stderr, '');
  });
});
