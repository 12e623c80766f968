import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_ITEMS } from '../../../lib/protocol/message.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';

describe('parseHead', () => {
  it('takes an empty head for an empty object', () => assert.deepEqual(parseHead(''), parseHead('{}')));

  describe('throws ERR_RPC_PROTOCOL on', () => {
    for (const json of [
      '{',
      '{"type":"heartbeat"',
      'heartbeat',
      'null',
      '1',
      '"heartbeat"',
      '[]',
      '[{"type":"heartbeat"}]',
      '{}{}',
      '\0',
    ]) {
      it(JSON.stringify(json), () =>
        assert.throws(() => parseHead(json), { name: 'RpcError', code: 'ERR_RPC_PROTOCOL' }),
      );
    }

    it('deep nesting, at least where it exhausts the parser, and does not die of it', () => {
      try {
        parseHead(`{"type":"heartbeat","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'ERR_RPC_PROTOCOL');
      }
    });
  });

  it("quotes only the beginning of a stranger's text, on one line", () => {
    for (const json of [`{\n\u001b[31m${'x'.repeat(60_000)}`, `{"type":"\\n${'x'.repeat(60_000)}"}`]) {
      let said: string;
      try {
        const head = parseHead(json);
        said = head.type === 'invalid' ? head.reason : assert.fail();
      } catch (error) {
        said = (error as Error).message;
      }
      assert.match(said, /^[ -~]{1,200}$/);
    }
  });

  it('reads the name of a caller that may appear in a log, and no other', () => {
    const callerIn = (caller: unknown): unknown => {
      const head = parseHead(JSON.stringify({ type: 'invoke', method: 'm', argLength: 0, caller }));
      return head.type === 'invoke' ? head.caller : assert.fail();
    };
    for (const name of ['chat-1', 'x'.repeat(128), 'größe']) assert.equal(callerIn(name), name);
    for (const other of ['', 'x'.repeat(129), 'a\nb', '\u001b[31m', '\u202e', 7, null, ['chat-1'], undefined])
      assert.equal(callerIn(other), undefined);
  });

  describe('calls invalid, with the reason,', () => {
    const cases = [
      ['{}', /without a type/],
      ['{"type":7}', /without a type/],
      ['{"type":"invalid","reason":"mine"}', /type "invalid" is not known/],
      ['{"type":"reflect"}', /type "reflect" is not known/],
      ['{"type":"register_channel"}', /without a channelName/],
      ['{"type":"register_channel","channelName":7}', /without a channelName/],
      ['{"type":"invoke","argLength":0}', /without a method/],
      ['{"type":"invoke","method":["m"],"argLength":0}', /without a method/],
      ['{"type":"invoke","method":"m"}', /argLength/],
      ['{"type":"invoke","method":"m","argLength":-1}', /argLength/],
      ['{"type":"invoke","method":"m","argLength":1.5}', /argLength/],
      ['{"type":"invoke","method":"m","argLength":"1"}', /argLength/],
      ['{"type":"invoke","method":"m","argLength":1e9}', /argLength that is not a count from 0 to 4096/],
      [`{"type":"invoke","method":"m","argLength":${MAX_ITEMS + 1}}`, /argLength/],
      ['{"type":"subscribe"}', /subscribe without a key/],
      ['{"type":"unSubscribe","key":null}', /unSubscribe without a key/],
      ['{"type":"subscribe_result","key":{}}', /subscribe_result without a key/],
    ] as const;
    for (const [json, reason] of cases) {
      it(json, () => {
        const head = parseHead(json);
        assert.equal(head.type, 'invalid');
        assert.match(head.type === 'invalid' ? head.reason : '', reason);
      });
    }
  });

  it('takes for true what is true, and nothing that is like it', () => {
    assert.deepEqual(parseHead('{"type":"invoke","method":"m","argLength":0,"oneway":1,"meta":true}'), {
      ...{ type: 'invoke', method: 'm', argLength: 0, oneway: false, meta: false },
    });
    assert.deepEqual(parseHead('{"type":"invoke_result","success":"true","results":-1,"code":7}'), {
      ...{ type: 'invoke_result', success: false, results: undefined, code: undefined },
    });
  });

  describe('the extension', () => {
    const parseExt = (json: string): unknown => {
      const head = parseHead(`{"type":"register_channel","channelName":"c","ext":${json}}`);
      return head.type === 'register_channel' ? head.ext : assert.fail();
    };

    it('may have fields that are not known yet', () => {
      assert.deepEqual(parseExt('{"version":2,"codecs":["x"],"features":["y"],"auth":{"token":"t"}}'), {
        version: 2,
        codecs: ['x'],
        features: ['y'],
      });
      assert.deepEqual(parseHead('{"type":"heartbeat","load":0.5}'), { type: 'heartbeat' });
    });

    it('says who holds the port, if it says so in the right form', () => {
      const plain = { version: 1, codecs: [], features: [] };
      assert.deepEqual(parseExt('{"version":1,"holder":{"pid":7,"channels":["a",1,"*"]}}'), {
        ...plain,
        holder: { pid: 7, channels: ['a', '*'] },
      });
      assert.deepEqual(parseExt('{"version":1,"holder":{"pid":7}}'), { ...plain, holder: { pid: 7, channels: [] } });
      assert.deepEqual(parseExt('{"version":1,"holder":{"pid":7,"name":"mailstation","version":"1.2.3","more":1}}'), {
        ...plain,
        holder: { pid: 7, name: 'mailstation', version: '1.2.3', channels: [] },
      });
      for (const holder of ['null', '7', '"me"', '{}', '{"pid":"7"}', '{"pid":1.5}']) {
        assert.deepEqual(parseExt(`{"version":1,"holder":${holder}}`), plain);
      }
    });

    it('reads the process of a Follower, and ignores one in another form', () => {
      const plain = { version: 1, codecs: [], features: [] };
      const process = { machine: 'host-1', pid: 4711, version: '0.1.0' };
      const parsed = (given: unknown) => parseExt(JSON.stringify({ version: 1, process: given }));
      assert.deepEqual(parsed({ ...process, more: 1 }), { ...plain, process });
      assert.deepEqual(parsed({ ...process, standby: 1 }), { ...plain, process: { ...process, standby: true } });
      const bad = [null, 'x', {}, { ...process, pid: '1' }, { ...process, pid: -1 }, { ...process, machine: '' }];
      const unsafe = { ...process, machine: 'a\u001b[2J' };
      const long = { ...process, version: '1'.repeat(256) };
      for (const each of [...bad, unsafe, long]) assert.deepEqual(parsed(each), plain);
    });

    it('asks for the holder of the port, or does not', () => {
      const plain = { version: 1, codecs: [], features: [] };
      assert.deepEqual(parseExt('{"version":1,"asksHolder":1}'), { ...plain, asksHolder: true });
      for (const asks of ['0', 'true', '"1"', 'null'])
        assert.deepEqual(parseExt(`{"version":1,"asksHolder":${asks}}`), plain);
    });

    it('is none when it has no version', () => {
      for (const json of ['null', '7', '"ext"', '[]', '{}', '{"version":"1"}', '{"version":1.5}'])
        assert.equal(parseExt(json), undefined);
    });

    it('has lists of texts, whatever was sent', () => {
      assert.deepEqual(parseExt('{"version":1}'), { version: 1, codecs: [], features: [] });
      assert.deepEqual(parseExt('{"version":1,"codecs":"json","features":{"0":"meta","length":1}}'), {
        version: 1,
        codecs: [],
        features: [],
      });
      assert.deepEqual(parseExt('{"version":1,"codecs":["json",7,null,{}]}'), {
        version: 1,
        codecs: ['json'],
        features: [],
      });
      const many = JSON.stringify(Array.from({ length: 1000 }, String));
      assert.equal((parseExt(`{"version":1,"codecs":${many}}`) as { codecs: string[] }).codecs.length, 64);
    });
  });

  describe('a __proto__ key', () => {
    const inherited = '{"type":"invoke","method":"m","argLength":0,"channelName":"c","key":"k"}';

    it('gives a head nothing', () => {
      assert.deepEqual(parseHead(`{"__proto__":${inherited}}`), {
        type: 'invalid',
        reason: 'a head without a type',
      });
      assert.equal(parseHead(`{"type":"subscribe","__proto__":${inherited}}`).type, 'invalid');
      assert.equal(({} as { method?: unknown }).method, undefined);
    });

    it('is left out of a reg, written with escapes or not', () => {
      for (const key of ['__proto__', '\\u005f_proto__', '__pr\\u006Fto__']) {
        const head = parseHead(`{"type":"subscribe","key":"k","reg":{"a":[{"${key}":{},"b":1}]}}`);
        const { reg } = head as { reg: { a: [object] } };
        assert.deepEqual(reg, { a: [{ b: 1 }] });
        assert.deepEqual(Object.getOwnPropertyNames(reg.a[0]), ['b']);
        assert.equal(Object.getPrototypeOf(reg.a[0]), Object.prototype);
      }
    });

    it('does not disturb texts that only contain it, nor escapes', () => {
      const head = parseHead('{"type":"subscribe","key":"__proto__ \\u00e4","reg":"\\u0000__proto__"}');
      assert.deepEqual(head, { type: 'subscribe', key: '__proto__ ä', reg: '\0__proto__' });
    });
  });

  it('looks nothing up that is inherited', () => {
    for (const type of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      assert.equal(parseHead(JSON.stringify({ type })).type, 'invalid');
    }
  });
});
