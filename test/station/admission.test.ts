import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Admission, type AdmittingStation } from '../../station/admission.js';
import { fakeCall, told } from '../lib/transport/support.js';

function setUp(state: AdmittingStation['state'], listeners = 0) {
  const events: unknown[][] = [];
  const station: AdmittingStation = {
    state,
    listenerCount: () => listeners,
    emit: (_event, ...args) => events.push(args) > 0,
  };
  return { admission: new Admission(station, undefined), events };
}

describe('Admission', () => {
  it('lets a call set out while the client is started, and at no other time', () => {
    const outcomesIn = (state: AdmittingStation['state']) => {
      const { call, outcomes } = fakeCall();
      return [setUp(state).admission.admit(call), ...told(outcomes)];
    };
    assert.deepEqual(outcomesIn('started'), [true]);
    assert.deepEqual(outcomesIn('idle'), [false, 'ERR_RPC_NOT_STARTED not-sent']);
    assert.deepEqual(outcomesIn('draining'), [false, 'ERR_RPC_CLOSED not-sent']);
    assert.deepEqual(outcomesIn('closed'), [false, 'ERR_RPC_CLOSED not-sent']);
  });

  it('reports a failure that no server answered, with the pomelo number, where somebody listens', () => {
    const { admission, events } = setUp('idle', 1);
    const { call } = fakeCall();
    admission.admit(call);
    assert.equal(events.length, 1);
    const [[number, tracer, serverId, msg, , error] = []] = events;
    assert.deepEqual(
      [typeof number, tracer, serverId, (msg as { method: string }).method],
      ['number', null, undefined, 'f'],
    );
    assert.equal((error as { code: string }).code, 'ERR_RPC_NOT_STARTED');
    const silent = setUp('idle', 0);
    silent.admission.admit(fakeCall().call);
    assert.deepEqual(silent.events, []);
  });
});
