import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_SOCKET_PATH, unixPath } from '../../lib/unix-path.js';

describe('the path of a unix socket', () => {
  const longest = `/run/${'x'.repeat(MAX_SOCKET_PATH - 5)}`;

  it('may have as many bytes as the system takes', () => {
    assert.equal(Buffer.byteLength(longest), MAX_SOCKET_PATH);
    assert.equal(unixPath('path', longest), longest);
  });

  for (const path of [`${longest}x`, `/run/${'ä'.repeat(52)}`]) {
    it(`has no more bytes than that: ${path.length} characters`, () => {
      assert.throws(() => unixPath('path', path), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: new RegExp(
          `^path must have at most ${MAX_SOCKET_PATH} bytes, got ".*": the path /run/.* has 10[89]; choose a sh`,
        ),
      });
    });
  }

  it('has room in its folder for the names that stand beside the socket', () => {
    const most = MAX_SOCKET_PATH - 12;
    const folder = `/${'x'.repeat(most - 1)}`;
    assert.equal(unixPath('path', `${folder}/a`), `${folder}/a`);
    assert.throws(() => unixPath('path', `${folder}x/a`), {
      message: new RegExp(
        `^path must be in a folder whose path has at most ${most} bytes, .*: this one has ${most + 1}; choose`,
      ),
    });
  });

  it('is made absolute, and counted then', () => {
    assert.equal(unixPath('path', 'a/../b.sock'), `${process.cwd()}/b.sock`);
  });

  for (const [given, message] of [
    ['', 'path must be a non-empty string, got ""'],
    [5, 'path must be a non-empty string, got 5'],
    ['/run/', 'path must be the path of a socket, got "/run/": a path that ends with a slash is that of a folder'],
    [
      '\0abstract',
      'path must not hold a NUL character, got "\\u0000abstract": sockets without a file are not supported',
    ],
    ['/run/a\n.sock', 'path must not hold control characters, got "/run/a\\n.sock": choose another name'],
  ] as const) {
    it(`is not ${JSON.stringify(given)}`, () => {
      assert.throws(() => unixPath('path', given), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });
  }

  it('is refused on Windows', () => {
    assert.throws(() => unixPath('path', '/run/a.sock', 'win32'), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message:
        'path cannot be the path of a unix socket on Windows, got "/run/a.sock": listen on a port of 127.0.0.1, such as tcp://127.0.0.1:3333',
    });
  });
});
