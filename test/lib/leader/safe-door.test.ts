import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Endpoint, endpointOf, unixEndpoint } from '../../../lib/endpoint.js';
import { type DoorProtection, describeDoors, requireSafeDoor } from '../../../lib/leader/safe-door.js';

const loopback = endpointOf({ host: '127.0.0.1', port: 1 });
const wide = endpointOf({ host: '0.0.0.0', port: 2 });
const encrypted = endpointOf({ transport: 'tls', host: '0.0.0.0', port: 3 });
const verified = { requestCert: true, rejectUnauthorized: true };
const unverified = { requestCert: true, rejectUnauthorized: false };
const anyCaller = { requestCert: false, rejectUnauthorized: true };

describe('a door', () => {
  const cases: readonly [string, Endpoint, DoorProtection, string | undefined][] = [
    ['on loopback', loopback, { insecure: false }, 'tcp://127.0.0.1:1, reachable from this machine only'],
    ['on loopback, with insecure', loopback, { insecure: true }, 'tcp://127.0.0.1:1, reachable from this machine only'],
    [
      'on loopback, with a secret',
      loopback,
      { insecure: false, hasSecret: true },
      'tcp://127.0.0.1:1, reachable from this machine only, secret required',
    ],
    ['beyond loopback', wide, { insecure: false }, undefined],
    ['beyond loopback, with no secret', wide, { insecure: false, hasSecret: false }, undefined],
    ['beyond loopback, insecure', wide, { insecure: true }, 'tcp://0.0.0.0:2, insecure: open to all that can connect'],
    ['beyond loopback, with a secret', wide, { insecure: false, hasSecret: true }, 'tcp://0.0.0.0:2, secret required'],
    ['with TLS', encrypted, { insecure: false, tls: anyCaller }, 'tls://0.0.0.0:3, TLS'],
    [
      'with TLS, and certificates that are not verified',
      encrypted,
      { insecure: false, tls: unverified },
      'tls://0.0.0.0:3, TLS',
    ],
    [
      'with TLS, certificates and a secret',
      encrypted,
      { insecure: true, hasSecret: true, tls: verified },
      'tls://0.0.0.0:3, TLS, certificate required, secret required',
    ],
  ];
  for (const [name, endpoint, protection, description] of cases) {
    it(`${name}: ${description ?? 'is refused'}`, () => {
      if (description === undefined)
        assert.throws(() => requireSafeDoor(endpoint, protection), {
          code: 'ERR_RPC_INSECURE',
          message:
            'listening on 0.0.0.0 is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; give tls or a secret, listen on 127.0.0.1, or set `insecure: true` in a network that you trust',
        });
      else {
        requireSafeDoor(endpoint, protection);
        assert.equal(describeDoors([[endpoint, protection]]), description);
      }
    });
  }

  it('at a unix socket is safe by its folder alone', { skip: process.platform === 'win32' }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'door-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const own = unixEndpoint(join(folder, 'own.sock'));
    requireSafeDoor(own, { insecure: false });
    assert.equal(
      describeDoors([[own, { insecure: true }]]),
      `unix:${folder}/own.sock, reachable from this machine only`,
    );
    mkdirSync(join(folder, 'open'));
    chmodSync(join(folder, 'open'), 0o777);
    const open = unixEndpoint(join(folder, 'open', 'x.sock'));
    for (const protection of [{ insecure: false }, { insecure: false, hasSecret: true }])
      assert.throws(() => requireSafeDoor(open, protection), {
        code: 'ERR_RPC_INSECURE',
        message: /may replace files/,
      });
    requireSafeDoor(open, { insecure: true });
    assert.match(describeDoors([[open, { insecure: true }]]), /insecure: open to all that can connect$/);
  });

  it('is named with its own reason where several doors have different ones', () => {
    const insecure = { insecure: true };
    assert.equal(
      describeDoors([
        [loopback, insecure],
        [wide, insecure],
        [encrypted, { ...insecure, tls: anyCaller }],
      ]),
      'tcp://127.0.0.1:1 (reachable from this machine only) and tcp://0.0.0.0:2 (insecure: open to all that can connect) and tls://0.0.0.0:3 (TLS)',
    );
  });
});
