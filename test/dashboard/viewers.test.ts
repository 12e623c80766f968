import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { Viewers } from '../../dashboard/viewers.js';
import { call, serve } from '../behaviour/support.js';
import { cookieOf, dashboardOf, eventsOf } from './support.js';

/** A response whose reader reads when the test says so. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  isEnded = false;
  isDestroyed = false;
  /** Result of `write`. */
  hasRoom = true;

  writeHead(): void {}
  write(text: string): boolean {
    this.written.push(text);
    return this.hasRoom;
  }
  end(text = ''): void {
    this.written.push(text);
    this.isEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
  /** Names and numbers of the events so far. */
  get events(): string[] {
    return this.written.flatMap((text) => {
      const [, name = '', seq = ''] = /^event: (\w+)\n(?:id: (\d+)\n)?/.exec(text) ?? [];
      return name === '' ? [] : [`${name} ${seq}`.trim()];
    });
  }
}

function made(max = 16) {
  let seq = 1;
  const viewers = new Viewers(max, () => ({ seq, json: '{}' }));
  return {
    viewers,
    add: () => {
      const response = new FakeResponse();
      viewers.add(response as never);
      return response;
    },
    tick: () => {
      seq += 1;
      viewers.send({ seq, json: '{}' });
    },
  };
}

describe('the viewers of a dashboard', () => {
  it('get a snapshot and then each delta', () => {
    const { add, tick, viewers } = made();
    const viewer = add();
    tick();
    tick();
    assert.deepEqual(viewer.events, ['snapshot 1', 'delta 2', 'delta 3']);
    viewers.end('over');
    assert.deepEqual([viewer.events.at(-1), viewer.isEnded, viewers.size], ['end', true, 0]);
  });

  it('miss deltas while they do not read, and then get the newest snapshot', () => {
    const { add, tick, viewers } = made();
    const [slow, fast] = [add(), add()];
    slow.hasRoom = false;
    for (let i = 0; i < 100; i++) tick();
    assert.equal(slow.events.length, 2, 'one event waits, whatever comes meanwhile');
    assert.equal(fast.events.length, 101);
    slow.hasRoom = true;
    slow.emit('drain');
    assert.deepEqual(slow.events, ['snapshot 1', 'delta 2', 'snapshot 101']);
    tick();
    assert.equal(slow.events.at(-1), 'delta 102');
    viewers.end('over');
  });

  it('get no second snapshot where nothing was missed', () => {
    const { add, tick, viewers } = made();
    const viewer = add();
    viewer.hasRoom = false;
    tick();
    viewer.emit('drain');
    viewer.hasRoom = true;
    tick();
    assert.deepEqual(viewer.events, ['snapshot 1', 'delta 2', 'delta 3']);
    viewers.end('over');
  });

  it('are disconnected after a minute without reading', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { add, tick, viewers } = made();
    const [slow, fast] = [add(), add()];
    slow.hasRoom = false;
    tick();
    t.mock.timers.tick(59_000);
    assert.equal(slow.isDestroyed, false);
    t.mock.timers.tick(2_000);
    assert.deepEqual([slow.isDestroyed, fast.isDestroyed, viewers.size], [true, false, 1]);
    assert.ok(fast.written.includes(':\n\n'), 'a viewer that is idle is pinged');
    viewers.end('over');
  });

  it('are bounded: one more ends the oldest, which is told so', () => {
    const { add, viewers } = made(2);
    const all = [add(), add(), add()];
    assert.deepEqual(
      all.map(({ isEnded }) => isEnded),
      [true, false, false],
    );
    assert.match(
      all[0]?.written.at(-1) ?? '',
      /^event: end\ndata: \{"format":1,"reason":"full","message":".*maxViewers/,
    );
    assert.equal(viewers.size, 2);
    viewers.end('over');
  });

  it('are no programs that ask for the head of the stream alone', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const { hostname, port } = new URL(base);
    const { cookie = '' } = await cookieOf(dashboard.url);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    socket.write(`HEAD /events HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${cookie}\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(head), /^HTTP\/1\.1 200 OK\r\n.*content-type: text\/event-stream; charset=utf-8/is);
    // The connection stays open, as a browser's does.
    assert.equal(dashboard.viewers, 0);
  });

  it('are bounded over real connections too', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client } = await call(t, [served]);
    const { dashboard, base } = await dashboardOf(t, { client: client as never, maxViewers: 1 });
    const cookie = await cookieOf(dashboard.url);
    const first = eventsOf(base, cookie);
    assert.equal((await first.next()).value?.name, 'snapshot');
    const second = eventsOf(base, cookie);
    assert.equal((await second.next()).value?.name, 'snapshot');
    const names = [];
    for await (const { name, data } of first) names.push(name === 'end' ? data.reason : name);
    assert.equal(names.at(-1), 'full');
    assert.equal(dashboard.viewers, 1);
    await second.return(undefined);
  });
});
