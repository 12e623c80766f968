import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommand, UsageError } from '../../bench/options.js';
import { PAYLOADS } from '../../bench/payload.js';

function compareOf(...args: string[]) {
  const command = parseCommand(args);
  assert.ok(command.kind === 'compare');
  return command;
}

function profileOf(...args: string[]) {
  const command = parseCommand(args);
  assert.ok(command.kind === 'profile');
  return command;
}

describe('the command line of the bench', () => {
  it('means the quick suite when it is empty', () => {
    assert.deepEqual(parseCommand([]), parseCommand(['quick']));
    const { peers, scenarios } = compareOf();
    assert.deepEqual(peers, ['limit-json', 'limit-json-early', 'mailstation']);
    assert.equal(scenarios.length, 6);
  });

  it('compares with other packages as the main suite, and takes other peers and scenarios for it', () => {
    const { peers, scenarios, settings } = compareOf('main');
    for (const name of ['mailstation', 'limit-raw', 'pinus-rpc', 'pomelo-rpc', 'cluster-client', 'grpc-js'])
      assert.ok(peers.includes(name), name);
    assert.deepEqual(new Set(scenarios.map(({ payload }) => payload)), new Set(Object.keys(PAYLOADS)));
    assert.equal(settings.rounds, 3);
    const chosen = compareOf('main', '--peers', 'birpc', '--payload', 'mib', '--in-flight', '4', '--rounds', '1');
    assert.deepEqual(chosen.peers, ['limit-json', 'birpc']);
    assert.deepEqual(chosen.scenarios, [{ payload: 'mib', inFlight: 4 }]);
    assert.equal(chosen.settings.rounds, 1);
    assert.throws(() => parseCommand(['main', '--profile', 'birpc']), UsageError);
  });

  it('takes every number in flight with every payload', () => {
    assert.deepEqual(compareOf('--in-flight', '1,8', '--payload', '10k,small').scenarios, [
      { payload: '10k', inFlight: 1 },
      { payload: '10k', inFlight: 8 },
      { payload: 'small', inFlight: 1 },
      { payload: 'small', inFlight: 8 },
    ]);
  });

  it('always measures the peer that ratios are to, and each peer once', () => {
    assert.deepEqual(compareOf('--peers', 'mailstation').peers, ['limit-json', 'mailstation']);
    assert.deepEqual(compareOf('--peers', 'a, limit-json,a').peers, ['limit-json', 'a']);
  });

  it('takes lengths and counts', () => {
    const { settings } = compareOf('--rounds', '3', '--seconds', '0.25', '--warm-up', '2');
    assert.deepEqual(settings, { rounds: 3, seconds: 0.25, warmUpSeconds: 2 });
  });

  it('keeps the ends on cores of their own unless told not to', () => {
    assert.equal(compareOf().pin, true);
    assert.equal(compareOf('--no-pin').pin, false);
    assert.equal(profileOf('--profile', 'a', '--no-pin').pin, false);
  });

  it('profiles both ends of one peer in one scenario', () => {
    const { peer, sides, scenario } = profileOf('--profile', 'mailstation');
    assert.equal(peer, 'mailstation');
    assert.deepEqual(sides, ['client', 'server']);
    assert.deepEqual(scenario, { payload: 'small', inFlight: 64 });
    assert.deepEqual(profileOf('--profile', 'a', '--side', 'server').sides, ['server']);
  });

  it('compares with another build where a change of the hot path is judged, unless told otherwise', () => {
    const command = parseCommand(['quick', '--against', 'other.tgz']);
    assert.ok(command.kind === 'against');
    assert.equal(command.build, 'other.tgz');
    assert.equal(command.settings.rounds, 20);
    assert.deepEqual(
      command.scenarios.map(({ payload, inFlight }) => `${payload} ${inFlight}`),
      ['small 1', 'small 64', 'small 512', '10k 64'],
    );
    const chosen = parseCommand(['--against', 'x', '--in-flight', '8', '--payload', '10k', '--rounds', '4']);
    assert.ok(chosen.kind === 'against');
    assert.deepEqual(chosen.scenarios, [{ payload: '10k', inFlight: 8 }]);
    assert.equal(chosen.settings.rounds, 4);
  });

  const senseless = [
    ['--against', ''],
    ['--against', 'x', '--peers', 'a'],
    ['--against', 'x', '--profile', 'a'],
    ['--against', 'x', '--side', 'client'],
    ['slow'],
    ['quick', 'quick'],
    ['--unknown'],
    ['--peers'],
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--seconds', '0'],
    ['--seconds', 'long'],
    ['--seconds', ''],
    ['--in-flight', '1,'],
    ['--in-flight', '0'],
    ['--payload', 'large'],
    ['--payload', 'constructor'],
    ['--side', 'client'],
    ['--profile', 'a', '--side', 'middle'],
    ['--profile', 'a', '--in-flight', '1,64'],
  ];
  for (const args of senseless) {
    it(`refuses ${args.join(' ')}`, () => assert.throws(() => parseCommand(args), UsageError));
  }
});
