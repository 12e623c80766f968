import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IncomingUpload } from '../../../lib/serving/incoming-upload.js';
import { UploadedCall } from '../../../lib/serving/uploaded-call.js';
import { StreamTotal } from '../../../lib/stream/stream-total.js';

function setUp() {
  const events: string[] = [];
  const note = (event: string) => (): void => void events.push(event);
  const owner = { credit: note('credit'), stop: note('stop'), broken: note('broken'), over: note('over') };
  const window = { items: 2, bytes: 1_000, total: 1_000 };
  const upload = new IncomingUpload(7, owner, { window, total: new StreamTotal(window.total) });
  const answerer = { answerResults: note('results'), answerError: note('error'), served: note('served') };
  const call = new UploadedCall(upload, answerer, 7, 'user.m.f', [], undefined, performance.now() + 20, undefined);
  return { call, upload, events };
}

describe('UploadedCall', () => {
  it('tells a method that reads on of the deadline when the call is abandoned, and answers no more', async () => {
    for (const isLateFirst of [true, false]) {
      const { call, upload, events } = setUp();
      const next = upload.reader.next();
      if (isLateFirst) call.expire();
      call.abandoned();
      await assert.rejects(next, { code: 'ERR_RPC_TIMEOUT' });
      assert.deepEqual(events, ['over'], 'the upload counts no longer');
      call.fail(new Error('the method fails for that'));
      assert.deepEqual(events, ['over', 'over', 'served']);
    }
  });

  it('gives a method that has answered no further items', async () => {
    const { call, upload, events } = setUp();
    call.succeed([1]);
    await assert.rejects(upload.reader.next(), { code: 'ERR_RPC_CLOSED' });
    assert.deepEqual(events, ['over', 'results', 'served']);
  });
});
