import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENT_NAMES, canonicalOptions, SERVER_NAMES } from '../../../lib/compat/option-names.js';

const invalid = { code: 'ERR_RPC_INVALID_ARGUMENT' };

describe('canonicalOptions', () => {
  it('gives each older name of a client its name here, and drops the older one', () => {
    const make = () => undefined;
    assert.deepEqual(canonicalOptions({ buffMsg: true, mailBoxFactory: make, routerType: 'rr' }, CLIENT_NAMES), {
      bufferMsg: true,
      mailboxFactory: make,
      router: 'rr',
    });
  });

  it('gives each older name of a server its name here', () => {
    const rpcLogger = { info() {}, error() {} };
    assert.deepEqual(canonicalOptions({ buffMsg: false, pkgSize: 1_000, rpcLogger }, SERVER_NAMES), {
      bufferMsg: false,
      maxFrameBytes: 1_000,
      logger: rpcLogger,
    });
  });

  it('leaves what the user wrote as it is', () => {
    const given = { buffMsg: true };
    canonicalOptions(given, CLIENT_NAMES);
    assert.deepEqual(given, { buffMsg: true });
  });

  it('finds options that are inherited, and getters of a class', () => {
    class Options {
      get timeout(): number {
        return 5;
      }
    }
    const inherited = Object.create(Object.freeze({ buffMsg: true, interval: 7 }));
    assert.deepEqual(canonicalOptions(inherited, CLIENT_NAMES), { bufferMsg: true, interval: 7 });
    assert.deepEqual(canonicalOptions(new Options(), CLIENT_NAMES), { timeout: 5 });
  });

  it('keeps the name here where both are given, but for routerType, as pomelo-rpc', () => {
    assert.deepEqual(canonicalOptions({ bufferMsg: false, buffMsg: true }, CLIENT_NAMES), { bufferMsg: false });
    assert.deepEqual(canonicalOptions({ router: 'la', routerType: 'rr' }, CLIENT_NAMES), { router: 'rr' });
    assert.deepEqual(canonicalOptions({ router: 'la', routerType: null }, CLIENT_NAMES), { router: 'la' });
  });

  it('names what the user wrote where its value does not fit', () => {
    assert.throws(() => canonicalOptions({ pkgSize: 0 }, SERVER_NAMES), { ...invalid, message: /^pkgSize must be/ });
    assert.throws(() => canonicalOptions({ buffMsg: 1 }, CLIENT_NAMES), { ...invalid, message: /^buffMsg must be/ });
    assert.throws(() => canonicalOptions({ rpcLogger: 5 }, SERVER_NAMES), {
      ...invalid,
      message: /^rpcLogger must be/,
    });
  });
});
