import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { startProgram } from './program.js';

const TSX = ['--import', import.meta.resolve('tsx')];
/** Longer than the demo gives itself. */
const LIMIT_MS = 160_000;

/** A few lines of each chapter, in their order. Whether the numbers are right, the demo says by its exit code. */
const LINES = [
  /^ {2}test-1 +127\.0\.0\.1:\d+, process \d+$/m,
  /^ {2}promise +the first result: 3$/m,
  /^ {2}callback +all results: 3, test-[12]$/m,
  /^ {2}toServer\('test-2'\) +all results: 3, test-2$/m,
  /^ {2}arena +chat-[12] has heard: hello \/ anybody there\?$/m,
  /^ {2}after +rooms\.say on chat-[12] took [\d.]+ ms$/m,
  /^ {2}before +chat-[12] in maintenance: chat-[12] stands in for it$/m,
  /^ {2}before \(refused\) +ERR_RPC_FILTER \(not-sent\)$/m,
  /^ {2}chat-1 +process \d+, \d+ MB$/m,
  /^ {2}chat-9 +ERR_RPC_CONNECT \(not-sent\)$/m,
  /^ {2}remote error +ERR_RPC_REMOTE \(answered\)$/m,
  /^ +cause: RangeError \[EMPTY_MESSAGE\]: there is nothing to say$/m,
  /^ {2}timeout +ERR_RPC_TIMEOUT \(unknown\)$/m,
  /^ {2}wrong name +ERR_RPC_NO_METHOD \(answered\)$/m,
  /test-2 is killed \(SIGKILL to process \d+\)$/m,
  /test-2 listens again, on port \d+, as process \d+$/m,
  /^ +[1-9]\d* of them made while it was down, held, and served then: after \d+ ms at most$/m,
  /^ {2}calls +(\d+) made, \1 settled, \d+ of them with a result$/m,
  /^ {2}latency +p50 \S+ ms, p99 \S+ ms, max \S+ ms$/m,
  /^Everything held\.$/m,
];

describe('the tour', () => {
  it('ends by itself, everything held, and no process is left', async (t) => {
    const demo = startProgram(t, join(ROOT, 'examples/tour/main.ts'), { nodeFlags: TSX, cwd: ROOT });
    assert.equal(await demo.end(LIMIT_MS), 0, demo.stdout + demo.stderr);
    // The demo calls a method that does not exist, and kills servers.
    const provoked =
      /^mailstation: (?:refused a call of "user\.rooms\.whisper" .*|server \S+ at \S+ (?:has been out of reach|is connected again).*)$/;
    const others = demo.stderr.split('\n').filter((line) => line !== '' && !provoked.test(line));
    assert.deepEqual(others, []);
    let rest = demo.stdout;
    for (const line of LINES) {
      const at = rest.search(line);
      assert.ok(at >= 0, `no ${line} here in what it printed:\n${demo.stdout}`);
      rest = rest.slice(at);
    }
    assert.ok(!demo.stdout.includes('\u001b'), 'no colours where there is no terminal');
  });
});
