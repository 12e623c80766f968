import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Heartbeat, type HeartbeatOptions, peerSilent, type Silence } from '../../../lib/transport/heartbeat.js';
import { mockClock } from './support.js';

const INTERVAL = 100;

function setUp(t: TestContext, options: Partial<HeartbeatOptions> = {}) {
  const clock = mockClock(t);
  let pings = 0;
  const deaths: Silence[] = [];
  const watched = {
    ping: () => {
      pings += 1;
    },
    dead: (silence: Silence) => {
      deaths.push(silence);
    },
  };
  const heartbeat = new Heartbeat(watched, { interval: INTERVAL, ...options });
  heartbeat.start();
  t.after(() => heartbeat.stop());
  return {
    clock,
    heartbeat,
    deaths,
    /** Pings since the last time of asking. */
    pings() {
      const since = pings;
      pings = 0;
      return since;
    },
  };
}

describe('Heartbeat', () => {
  it('pings a silent peer, and finds it dead at the second look without a byte', (t) => {
    const { clock, deaths, pings } = setUp(t);
    clock.advance(99);
    assert.equal(pings(), 0);
    clock.advance(1);
    assert.equal(pings(), 1);
    clock.advance(99);
    assert.deepEqual(deaths, []);
    clock.advance(1);
    assert.deepEqual(deaths, [{ silentMs: 200, stallMs: 0 }]);
    assert.equal(pings(), 0, 'not at the look that found it dead');
  });

  it('says it once, and looks no more', (t) => {
    const { clock, deaths, pings } = setUp(t);
    clock.advance(1_000);
    assert.equal(deaths.length, 1);
    assert.equal(pings(), 1);
  });

  it('takes any byte for life, and counts anew from there', (t) => {
    const { clock, heartbeat, deaths, pings } = setUp(t);
    for (let look = 0; look < 10; look++) {
      clock.advance(INTERVAL - 1);
      heartbeat.heard();
      clock.advance(1);
    }
    assert.equal(pings(), 0, 'a peer that talks needs no ping');
    clock.advance(INTERVAL);
    heartbeat.heard();
    clock.advance(INTERVAL);
    assert.deepEqual(deaths, [], 'one look without a byte is not yet death');
    clock.advance(2 * INTERVAL);
    assert.equal(deaths.length, 1);
  });

  it('allows as many silent looks as it was told', (t) => {
    const { clock, deaths, pings } = setUp(t, { misses: 4 });
    clock.advance(399);
    assert.deepEqual(deaths, []);
    assert.equal(pings(), 3);
    clock.advance(1);
    assert.equal(deaths.length, 1);
  });

  it('pings at every look with `always`, whatever came in', (t) => {
    const { clock, heartbeat, pings } = setUp(t, { always: true });
    for (let look = 0; look < 5; look++) {
      heartbeat.heard();
      clock.advance(INTERVAL);
    }
    assert.equal(pings(), 5);
  });

  it('never pings with `mute`, and watches all the same', (t) => {
    const { clock, deaths, pings } = setUp(t, { mute: true });
    clock.advance(2 * INTERVAL);
    assert.equal(pings(), 0);
    assert.equal(deaths.length, 1);
  });

  it('does not count a look that comes late, for the answer may lie unread', (t) => {
    const { clock, deaths, pings } = setUp(t);
    for (let look = 0; look < 5; look++) clock.stall(60_000);
    assert.deepEqual(deaths, []);
    assert.equal(pings(), 5, 'it asks again each time');
  });

  it('counts on as soon as looks are in time again, and tells of the stall', (t) => {
    const { clock, deaths } = setUp(t);
    clock.advance(INTERVAL);
    clock.stall(5_000);
    assert.deepEqual(deaths, []);
    clock.advance(INTERVAL);
    assert.deepEqual(deaths, [{ silentMs: 5_200, stallMs: 4_900 }]);
  });

  it('forgets a stall when the peer was heard after it', (t) => {
    const { clock, heartbeat, deaths } = setUp(t);
    clock.stall(5_000);
    heartbeat.heard();
    clock.advance(3 * INTERVAL);
    assert.deepEqual(deaths, [{ silentMs: 200, stallMs: 0 }]);
  });

  it('takes a look that is late by less than half an interval for one in time', (t) => {
    const { clock, deaths } = setUp(t);
    clock.advance(INTERVAL);
    clock.stall(INTERVAL * 1.5 - 1);
    assert.equal(deaths.length, 1);
  });

  it('stops', (t) => {
    const { clock, heartbeat, deaths, pings } = setUp(t);
    heartbeat.stop();
    clock.advance(1_000);
    assert.deepEqual([deaths.length, pings()], [0, 0]);
  });

  it('allows the full number of silent looks again when it is started again', (t) => {
    const { clock, heartbeat, deaths } = setUp(t, { misses: 3, mute: true });
    clock.advance(3 * INTERVAL);
    assert.equal(deaths.length, 1);
    heartbeat.start();
    clock.advance(2 * INTERVAL);
    assert.equal(deaths.length, 1);
    clock.advance(INTERVAL);
    assert.equal(deaths.length, 2);
  });
});

describe('peerSilent', () => {
  it('says how long the peer was silent, and whether that may have been us', () => {
    const error = peerSilent('127.0.0.1:3333', { silentMs: 20_000, stallMs: 1_234 });
    assert.equal(error.code, 'ERR_RPC_PEER_SILENT');
    assert.match(error.message, /^127\.0\.0\.1:3333 sent nothing for 20000 ms.*event loop in that time was 1234 ms/);
  });
});
