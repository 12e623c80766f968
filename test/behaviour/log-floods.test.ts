import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureLogs } from '../../client/failure-logs.js';
import { Emitter } from '../../lib/emitter.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { resolveWhitelist } from '../../lib/leader/whitelist.js';
import { Registry, sharedWorld } from './shared-client-support.js';
import { keptLog } from './support.js';

const TIMES = 50;

async function repeat(run: (n: number) => unknown): Promise<void> {
  for (let n = 0; n < TIMES; n++) await run(n);
}

/** Lines are limited per second: a slow machine may write one more. */
function assertFew(lines: readonly unknown[], text: RegExp, subjects = 1): void {
  const few = lines.filter((line) => text.test(String(line)));
  assert.ok(few.length >= subjects && few.length <= 2 * subjects, `${few.length} lines`);
}

describe('a line that peers can cause at any rate is written once a second', () => {
  it('when the whitelist function fails', async () => {
    const { logger, lines } = keptLog();
    const admits = resolveWhitelist(() => Promise.reject(new Error('no list')), logger);
    await repeat(async (n) => assert.equal(await admits?.(`10.0.0.${n}`), false));
    assertFew(lines, /the whitelist function failed: no list/);
  });

  it('when errors have no listener, for each code', async (t) => {
    const log = t.mock.method(console, 'error', () => {});
    class Emitting extends Emitter<{ error: [error: Error] }> {}
    await repeat(() => new Emitting().emit('error', new RpcError(RpcCode.Timeout, 'too late')));
    await repeat(() => new Emitting().emit('error', new RpcError(RpcCode.Encode, 'not sent')));
    assertFew(
      log.mock.calls.map((call) => call.arguments[0]),
      /an error event without a listener/,
      2,
    );
  });

  it('when calls fail that no caller waits for', async () => {
    const { logger, lines } = keptLog();
    const logs = failureLogs(logger);
    await repeat(() => {
      for (const code of [RpcCode.ConnectionLost, RpcCode.PendingFull]) {
        logs.onOnewayFailure(new RpcError(code, 'the server is away'));
        logs.onUnusedFailure(new RpcError(code, 'the server is away'));
      }
    });
    assertFew(lines, /a one-way call failed/, 2);
    assertFew(lines, /a call without a callback failed/);
  });

  it('when one-way calls of a shared client are not sent', async (t) => {
    const world = await sharedWorld(t, { isLeader: false, pendingSize: 0 });
    const client = world.join(Registry, { build: (builder) => builder.delegate('note', 'invokeOneway') });
    await repeat(() => client.note('lost'));
    assertFew(world.log, /a one-way call of Registry.note was not sent/);
  });
});
