import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { freePort } from '../../bench/free-port.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { until } from '../support/until.js';
import { sharedWorld } from './shared-client-support.js';
import { follow, lead } from './sharing.js';
import { call, overTransports, serve } from './support.js';

const OLD = 'the secret before the change';
const NEW = 'the secret after the change';

const service = { echo: async (value: unknown) => value };

class Echo {
  async echo(value: unknown): Promise<unknown> {
    return value;
  }
}

/** A file of secrets. It is replaced as a whole, as an editor or an orchestrator does. */
function secretFile(t: TestContext, content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-rotation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'secret');
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  write(content);
  return { secret: { file: path }, write };
}

/** Calls in eight loops until it is stopped, and counts. */
function load(echo: (value: unknown) => Promise<unknown>) {
  const count = { answered: 0, failed: [] as unknown[] };
  let isOver = false;
  const loops = Array.from({ length: 8 }, async (_, caller) => {
    for (let i = 0; !isOver; i++) {
      try {
        assert.equal(await echo(`${caller} ${i}`), `${caller} ${i}`);
        count.answered += 1;
        await turn(); // answers within a process come in the same turn
      } catch (error) {
        count.failed.push(error);
      }
    }
  });
  return {
    count,
    /** Resolves when some more calls were answered. */
    async goesOn(): Promise<void> {
      const before = count.answered;
      await until(() => count.answered > before + 50, { what: 'more answers' });
    },
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

describe('a secret that is changed under load, in files', () => {
  overTransports((transport) => {
    it('costs no call: first the servers take both, then the clients have the new one, then the servers', async (t) => {
      const servers = secretFile(t, OLD);
      const clients = secretFile(t, OLD);
      const port = await freePort();
      const next = () => serve(t, service, { port, transport, standby: true, secret: servers.secret });
      const fleet = [await next()];
      const { calls } = await call(t, [fleet[0] as never], { secret: clients.secret });
      const loaded = load((value) => calls.echo(null, value));
      await loaded.goesOn();
      for (const change of [
        () => servers.write(`${OLD}\n${NEW}`),
        () => clients.write(NEW),
        () => servers.write(NEW),
      ]) {
        change();
        await loaded.goesOn(); // the connections of before stay
        const successor = await next();
        fleet.push(successor);
        await fleet.at(-2)?.server.stop(); // and each later registration knows the change
        await until(() => successor.server.state === 'leader', { what: 'the successor to lead' });
        await loaded.goesOn();
      }
      await loaded.stop();
      assert.deepEqual(loaded.count.failed, []);
      const refused = fleet.flatMap(({ log }) => log).filter((line) => line.includes('refused'));
      assert.deepEqual(refused, []);
      const stranger = await call(t, [fleet.at(-1) as never], { secret: OLD, timeout: 1_000 });
      await assert.rejects(stranger.calls.echo(null, 1), /the Leader knows none of the secrets of this end/);
    });
  });

  it('costs no call of a shared client', async (t) => {
    const file = secretFile(t, OLD);
    const world = await sharedWorld(t, { secret: file.secret });
    const clients = [world.join(Echo)];
    await clients[0]?.ready();
    clients.push(world.join(Echo));
    await clients[1]?.ready();
    const loaded = load((value) => (clients.find((client) => !client.isClusterClientLeader) as Echo).echo(value));
    await loaded.goesOn();
    for (const content of [`${OLD}\n${NEW}`, `${NEW}\n${OLD}`, NEW]) {
      file.write(content);
      const joined = world.join(Echo);
      await joined.ready();
      const leader = clients.findIndex(({ isClusterClientLeader }) => isClusterClientLeader);
      const [closed] = clients.splice(leader, 1, joined);
      await cluster.close(closed as object);
      await until(() => clients.some(({ isClusterClientLeader }) => isClusterClientLeader), {
        what: 'the next Leader',
      });
      await loaded.goesOn();
    }
    await loaded.stop();
    assert.deepEqual(loaded.count.failed, []);
  });

  it('costs no call through shared mailboxes', async (t) => {
    const file = secretFile(t, OLD);
    const server = await serve(t, service, { secret: file.secret });
    const port = await freePort();
    const options = { secret: file.secret };
    const clients = [await lead(t, port, [server], options), await follow(t, port, [server], options)];
    const loaded = load((value) =>
      clients.find(({ client }) => client.sharing !== 'leading')?.calls['echo'](null, value),
    );
    await loaded.goesOn();
    for (const content of [`${OLD}\n${NEW}`, `${NEW}\n${OLD}`, NEW]) {
      file.write(content);
      const joined = await follow(t, port, [server], options);
      const leader = clients.findIndex(({ client }) => client.sharing === 'leading');
      const [stopped] = clients.splice(leader, 1, joined);
      await stopped?.client.stop();
      await until(() => clients.some(({ client }) => client.sharing === 'leading'), { what: 'the next Leader' });
      await loaded.goesOn();
    }
    await loaded.stop();
    assert.deepEqual(loaded.count.failed, []);
  });
});
