import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hostBuilder } from '../../../lib/machine/host-builder.js';
import { RelayedEngine } from '../../../lib/machine/relayed-engine.js';
import type { OwnEngine } from '../../../lib/registry/engine.js';
import { checkMachineShare } from '../../../lib/registry/machine-share.js';
import { until } from '../../support/until.js';

/** A place where the processes of one machine meet, gone with the test. */
export function meetingPath(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-machine-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'registry.sock');
}

/** An engine of one process of the machine that meets at `path`; `open` makes the engine of the process that leads. */
export function relayed(
  t: Pick<TestContext, 'after'>,
  path: string,
  open: () => OwnEngine,
  lead = true,
): RelayedEngine {
  const engine = new RelayedEngine(hostBuilder('the store of the test', checkMachineShare({ path, lead })), open);
  t.after(() => engine.close());
  return engine;
}

/** An engine that leads its machine, and one that follows. */
export async function pair(
  t: Pick<TestContext, 'after'>,
  open: () => OwnEngine,
): Promise<{ leader: RelayedEngine; follower: RelayedEngine }> {
  const path = meetingPath(t);
  const leader = relayed(t, path, open);
  await until(() => leader.list('').catch(() => undefined), { what: 'the engine to lead' });
  const follower = relayed(t, path, () => {
    throw new Error('the follower has become the Leader');
  });
  await until(() => follower.list('').catch(() => undefined), { what: 'the engine to follow' });
  return { leader, follower };
}
