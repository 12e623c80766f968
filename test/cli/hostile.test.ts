import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeAll } from '../../cli/call/method-name.js';
import { detailsOf } from '../../cli/inspect/details.js';
import { serverLines } from '../../cli/inspect/server-lines.js';
import { jsonOf } from '../../cli/json.js';
import { listing } from '../../cli/listing.js';
import { unpainted } from '../../cli/terminal/paint.js';
import { typeOfSchema } from '../../cli/types/schema-type.js';
import type { InvokeMessage } from '../../lib/rpc-message.js';
import type { Asking, ServerSample } from '../../observe/fleet/index.js';

/** A server that answers each question as it likes. */
const answering = (answer: (question: string, asked: number) => unknown): Asking & { readonly asked: number } => {
  let asked = 0;
  const client = {
    get asked() {
      return asked;
    },
    mailboxes: {},
    rpcInvoke: async (_id: string, { service, method }: InvokeMessage) => answer(`${service}.${method}`, asked++),
  };
  return client as unknown as Asking & { readonly asked: number };
};

const described = { name: 'user.a.f', namespace: 'user', module: 'a', method: 'f', parameters: [], streams: false };

describe('answers of a server that is broken or hostile', () => {
  it('are no description of methods where they have another form', async () => {
    for (const methods of [
      [null],
      [{ ...described, name: { toString: () => 'x' } }],
      [{ ...described, doc: 7 }],
      [{ ...described, parameters: [{ name: 1 }] }],
      [{ ...described, args: 'string' }],
      { length: 1, 0: described },
    ])
      await assert.rejects(
        describeAll(
          answering(() => ({ format: 1, methods })),
          's',
        ),
        /in a form that this version does not know/,
      );
    const whole = {
      ...described,
      parameters: [{ name: 'a', optional: true, rest: false }],
      doc: 'd',
      args: [{}, null],
      later: 1,
    };
    const read = await describeAll(
      answering(() => ({ format: 1, methods: [whole], later: 1 })),
      's',
    );
    assert.deepEqual(read, [whole]);
  });

  it('are not asked for without end', async () => {
    const methods = Array.from({ length: 20_000 }, () => described);
    const endless = answering((_question, asked) => ({ format: 1, methods, next: `page ${asked}` }));
    assert.equal((await describeAll(endless, 's')).length, 20_000);
    assert.equal(endless.asked, 1);
  });

  it('are no callers and no failed calls where they have another form', async () => {
    const nobody = { callers: null, recent: null };
    for (const wrong of [null, 7, [], { format: 1, known: true, connections: [null] }, { format: 1, connections: {} }])
      assert.deepEqual(
        await detailsOf(
          answering(() => wrong),
          's',
        ),
        nobody,
      );
    const caller = {
      id: '1',
      peer: 'p',
      ip: '::1',
      clientId: null,
      process: null,
      standby: false,
      since: 0,
      calls: 0,
      open: 0,
    };
    const callers = (proven: string[]) => ({ format: 1, known: true, connections: [{ ...caller, proven }] });
    assert.equal(
      (
        await detailsOf(
          answering(() => callers(['secret'])),
          's',
        )
      ).callers?.connections.length,
      1,
    );
    const proofs = Array.from({ length: 1_000 }, (_, at) => `proof ${at}`);
    assert.deepEqual(
      await detailsOf(
        answering(() => callers(proofs)),
        's',
      ),
      nobody,
      'a caller proves a few things',
    );
    const call = { id: 1, seq: 1, time: 0, method: 'a.b.c', outcome: 'failed\u001b[2J', code: null, message: null };
    const recent = {
      format: 1,
      seq: 1,
      failed: [{ ...call, duration: 1, queued: 0, connection: null, caller: null, more: 0 }],
      slow: [],
    };
    assert.deepEqual(
      await detailsOf(
        answering(() => recent),
        's',
      ),
      nobody,
      'an outcome is a word',
    );
  });

  it('give no reason that a terminal obeys', () => {
    const namespaces = [{ namespace: 'a\u001b[2J', status: 'not-serving', reason: 'b\u009b2J\n\u001b]0;x\u0007' }];
    const sample = {
      ...{ id: 's\u001b', serverType: 't\u001b', url: 'u\u001b', state: 'answered', failure: null, report: null },
      ...{ health: { format: 1, status: 'not-serving', namespaces }, isRestarted: false, eventLoopUse: null },
      ...{ rates: null, methods: [] },
    } as unknown as ServerSample;
    const lines = serverLines(sample, { callers: null, recent: null }, 200, unpainted);
    assert.match(lines.join(' '), /a\\u001b\[2J is not served: b\\u009b2J/);
    for (const line of lines) assert.doesNotMatch(line, /\p{Cc}/u);
  });

  it('make no table that is too long to be measured', () => {
    const rows = Array.from({ length: 200_000 }, (_, at) => `caller ${at}`);
    const lines = listing([{ head: 'caller', cell: (row: string) => row }], rows, 80, unpainted);
    assert.equal(lines.length, 200_001);
  });

  it('have no schema whose type takes longer to write than anyone waits', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        `d${at}`,
        { type: 'array', prefixItems: Array.from({ length: 50 }, () => ({ $ref: `#/$defs/d${at + 1}` })) },
      ]),
    );
    assert.equal(typeOfSchema({ $ref: '#/$defs/d0', $defs }), 'unknown');
    assert.equal(typeOfSchema({ enum: [Number.NaN, 1] }), 'unknown');
  });

  it('are printed as JSON that a terminal does not obey, and that means the same', () => {
    const value = { 'a\u009b2J': 'b\u202e\u007f\u001b]0;x\u0007\u2028\n', '👩‍🚀': ['é', '聊天'] };
    for (const indent of [undefined, 2]) {
      const text = jsonOf(value, indent);
      assert.doesNotMatch(text, /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.deepEqual(JSON.parse(text), value);
    }
    assert.match(jsonOf(value), /聊天/);
  });
});
