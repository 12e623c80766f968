import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, type RpcError } from '../../../../lib/errors.js';
import { checkEtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';

const good = { hosts: ['http://etcd-1:2379'], namespace: 'my-app' };

describe('options of etcd()', () => {
  it('have hosts as URLs, with the port 2379 where none is given', () => {
    const urls = (hosts: string | string[]): string[] =>
      checkEtcdOptions({ ...good, hosts }).hosts.map(({ url, target }) => `${url} ${target}`);
    assert.deepEqual(urls('http://etcd-1'), ['http://etcd-1:2379 dns:etcd-1:2379']);
    assert.deepEqual(urls(['https://10.0.0.1:2379/', 'https://[::1]']), [
      'https://10.0.0.1:2379 ipv4:10.0.0.1:2379',
      'https://[::1]:2379 ipv6:[::1]:2379',
    ]);
    assert.deepEqual(urls(['https://a:443', 'https://a:443']), ['https://a:443 dns:a:443']);
  });

  const bad: readonly (readonly [string, object, string])[] = [
    ['no hosts', { hosts: undefined }, "hosts is missing: give a list of URLs such as 'https://etcd-1:2379'"],
    ['an empty list', { hosts: [] }, "hosts must be a list of URLs such as 'https://etcd-1:2379', got []"],
    [
      'a host that is no URL',
      { hosts: 'etcd-1:2379' },
      `hosts must be a list of URLs such as 'https://etcd-1:2379', got "etcd-1:2379"`,
    ],
    [
      'another scheme',
      { hosts: ['redis://a'] },
      `hosts must be a list of URLs such as 'https://etcd-1:2379', got "redis://a"`,
    ],
    [
      'a path',
      { hosts: ['http://a/v3'] },
      'hosts must be URLs without a path, got "http://a/v3": the keys are below the namespace',
    ],
    [
      'a password in a URL',
      { hosts: ['http://u:p@a'] },
      'hosts must not contain a user or a password: give auth: { username, password }',
    ],
    [
      'http and https',
      { hosts: ['http://a', 'https://b'] },
      'hosts mixes http and https: a password would be readable on the way to some of them. Give one of both',
    ],
    [
      'a namespace with a slash',
      { namespace: 'a/b' },
      'namespace must be 1 to 128 letters, digits, ".", "_" and "-", got "a/b"',
    ],
    ['no namespace', { namespace: undefined }, 'namespace is missing: give 1 to 128 letters, digits, ".", "_" and "-"'],
    ['tls without https', { tls: {} }, 'tls needs hosts with https: the connection to http hosts is not encrypted'],
    [
      'an unknown option',
      { host: 'a' },
      'etcd() has an option that does not exist: "host" (did you mean hosts?); docs/options.md has the names',
    ],
    ['a share without a place', { share: {} }, 'share.port is missing: give an integer from 1 to 65535'],
    [
      'a share with a port and a path',
      { share: { port: 7_778, path: '/run/app.sock' } },
      'share.path cannot be combined with share.port: leave one of them out',
    ],
    [
      'a mistyped share',
      { share: { port: 7_778, leed: false } },
      'share has an option that does not exist: "leed" (did you mean lead?); docs/options.md has the names',
    ],
    [
      'a share that a word cannot lead',
      { share: { port: 7_778, lead: 'no' } },
      'share.lead must be true or false, got "no"',
    ],
    [
      'a short secret of a share',
      { share: { port: 7_778, secret: 'short' } },
      'share.secret must have 16 to 1024 bytes, and has 5: make one with: openssl rand -base64 32',
    ],
    [
      'a user without a password',
      { auth: { username: 'u' } },
      'auth.password must be a non-empty string, got undefined',
    ],
    [
      'a mistyped user',
      { auth: { usernam: 'u', password: 'p' } },
      'auth has an option that does not exist: "usernam" (did you mean username?); docs/options.md has the names',
    ],
  ];
  for (const [what, options, text] of bad) {
    it(`refuse ${what}`, () => {
      assert.throws(
        () => checkEtcdOptions({ ...good, ...options } as never),
        ({ code, message }: RpcError) => {
          assert.equal(message, text);
          return code === RpcCode.InvalidArgument;
        },
      );
    });
  }

  it('never show a password in an error', () => {
    assert.throws(
      () => checkEtcdOptions({ ...good, auth: { username: 'u', password: 4711 as never } }),
      ({ message }: RpcError) => !message.includes('4711'),
    );
  });
});
