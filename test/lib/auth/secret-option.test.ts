import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Secrets } from '../../../lib/auth/secrets.js';
import { resolveClusterOptions } from '../../../lib/cluster/options.js';
import { RpcCode } from '../../../lib/errors.js';
import { createClient } from '../../../node-client.js';
import { createServer } from '../../../server.js';
import { keptLog } from '../../behaviour/support.js';

const TEXT = 'a secret that is long enough';
const CURE = 'make one with: openssl rand -base64 32';
const { logger } = keptLog();

const refusalOf = (given: unknown): string => {
  try {
    new Secrets('secret', given, logger);
  } catch (error) {
    assert.equal((error as { code: unknown }).code, RpcCode.InvalidArgument);
    return (error as Error).message;
  }
  return 'none';
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mailstation-secret-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function fileWith(t: TestContext, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder(t), 'secret');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe('the option secret', () => {
  it('is a text, bytes, a file, a variable of the environment, or several', (t) => {
    process.env['MAILSTATION_TEST_SECRET'] = `${TEXT}\n`;
    t.after(() => delete process.env['MAILSTATION_TEST_SECRET']);
    const file = fileWith(t, `${TEXT}\r\n\nanother secret, in the next line\n`);
    const text = new Secrets('secret', TEXT, logger);
    for (const given of [
      Buffer.from(TEXT),
      { value: TEXT },
      { name: 'x', value: Buffer.from(TEXT) },
      { env: 'MAILSTATION_TEST_SECRET' },
      [TEXT, `${TEXT}\n`],
    ])
      assert.equal(new Secrets('secret', given, logger).digest, text.digest);
    const two = new Secrets('secret', { file }, logger);
    assert.equal(two.digest, new Secrets('secret', ['another secret, in the next line', TEXT], logger).digest);
    assert.notEqual(two.digest, text.digest);
  });

  it('has a name, which callers are known by', () => {
    assert.equal(new Secrets('secret', TEXT, logger).firstName, 'default');
    assert.equal(new Secrets('secret', [{ name: 'gateways', value: TEXT }, TEXT], logger).firstName, 'gateways');
  });

  it('is refused with the reason, and without a part of the secret', (t) => {
    const binary = fileWith(
      t,
      Uint8Array.from({ length: 32 }, (_, at) => 0xf0 + (at % 16)),
    );
    const empty = fileWith(t, '\n\n');
    const path = folder(t);
    const REFUSALS: readonly (readonly [unknown, string])[] = [
      ['', `secret is empty: ${CURE}`],
      ['short', `secret must have 16 to 1024 bytes, and has 5: ${CURE}`],
      [`${TEXT}\nshort`, `secret must have 16 to 1024 bytes, and has 5: ${CURE}`],
      ['x'.repeat(1_025), `secret must have 16 to 1024 bytes, and has 1025: ${CURE}`],
      [Buffer.alloc(3), `secret must have 16 to 1024 bytes, and has 3: ${CURE}`],
      [42, 'secret must be a text, bytes, or one of { value }, { file } and { env }, got a value of the type number'],
      [null, 'secret must be a text, bytes, or one of { value }, { file } and { env }, got null'],
      [[], 'secret must be one secret, or a list of 1 to 16, got a list of 0'],
      [Array(17).fill(TEXT), 'secret must be one secret, or a list of 1 to 16, got a list of 17'],
      [Array(17).fill(TEXT).join('\n'), 'secret has 17 secrets, and at most 16 may be valid at once'],
      [[TEXT, 'short'], `secret[1] must have 16 to 1024 bytes, and has 5: ${CURE}`],
      [{}, 'secret must have exactly one of value, file and env, and has 0'],
      [{ value: TEXT, env: 'X' }, 'secret must have exactly one of value, file and env, and has 2'],
      [{ value: 7 }, 'secret.value must be a text or bytes, got a value of the type number'],
      [{ name: '', value: TEXT }, 'secret.name must be a non-empty string, got ""'],
      [
        { name: 'x'.repeat(65), value: TEXT },
        `secret.name must be a text of at most 64 characters, got "${'x'.repeat(65)}"`,
      ],
      [{ env: 'MAILSTATION_UNSET' }, 'secret.env names a variable that is not set: "MAILSTATION_UNSET"'],
      [
        { file: join(path, 'absent') },
        `secret.file cannot be read from "${join(path, 'absent')}": ENOENT: no such file or directory, stat '${join(path, 'absent')}'`,
      ],
      [{ file: path }, `secret.file is refused: "${path}" is not a file`],
      [{ file: empty }, `secret.file ("${empty}") is empty: ${CURE}`],
      [{ file: binary }, `secret.file must be a text file, and "${binary}" holds other bytes: ${CURE}`],
    ];
    for (const [given, message] of REFUSALS) assert.equal(refusalOf(given), message);
  });

  it('refuses a file that others can read or change', { skip: process.platform === 'win32' }, (t) => {
    for (const mode of [0o644, 0o604, 0o660, 0o620, 0o602, 0o777]) {
      const file = fileWith(t, TEXT, mode);
      assert.equal(
        refusalOf({ file }),
        `secret.file is refused: "${file}" has the mode 0${mode.toString(8)}, so that other users of the machine can read or change it; run chmod 600`,
      );
    }
    assert.equal(refusalOf({ file: fileWith(t, TEXT, 0o400) }), 'none');
  });

  it('is an option of servers, clients, shares and shared clients', () => {
    for (const make of [
      () => createServer({ port: 0, secret: 'short' }),
      () => createClient({ secret: 'short' }),
      () => resolveClusterOptions({ secret: 'short' }, 'Shared'),
    ])
      assert.throws(make, { code: RpcCode.InvalidArgument, message: /^secret must have 16 to 1024 bytes/ });
    assert.throws(() => createClient({ share: { port: 1, secret: 'short' } }), {
      message: /^share\.secret must have 16 to 1024 bytes/,
    });
  });

  it('cannot be combined with a transport of the user', () => {
    const factory = { create: () => ({ listen() {}, close() {} }) };
    for (const [name, value] of [
      ['secret', TEXT],
      ['authenticate', () => true],
    ] as const)
      assert.throws(() => createServer({ port: 1, [name]: value, acceptorFactory: factory as never }), {
        message: `${name} cannot be combined with acceptorFactory: a custom acceptor decides by itself who may connect`,
      });
    const mailboxFactory = () => ({}) as never;
    for (const [name, value] of [
      ['secret', TEXT],
      ['auth', 'a token'],
    ] as const)
      assert.throws(() => createClient({ [name]: value, mailboxFactory }), {
        message: `${name} cannot be combined with mailboxFactory: a custom mailbox proves by itself who it is`,
      });
  });
});
