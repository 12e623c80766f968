import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveClusterOptions } from '../../lib/cluster/options.js';
import { etcd } from '../../lib/machine/etcd-registry.js';
import { dns } from '../../lib/registry/dns/dns-source.js';
import { checkMachineShare } from '../../lib/registry/machine-share.js';
import { memory } from '../../lib/registry/memory/memory-registry.js';
import { createClient } from '../../node-client.js';
import { Caller } from '../../proxy/caller.js';
import { createServer } from '../../server.js';
import { tooBusy } from '../../station/too-busy.js';
import { list, readText } from '../architecture/house.js';
import { tlsOf, withoutOpenssl } from '../support/certificates.js';
import { type Member, membersOf, parseDoc } from './declarations.js';
import { isLiteral, parseLiteral, rangeOf, valuesOf } from './literals.js';
import { renderOptionsPage } from './options-page.js';
import { ALL_TABLES, CLUSTER_TABLES, type OptionsTable, optionsOf, SERVER_TABLES } from './options-tables.js';
import { publicNames } from './public-surface.js';

const invalid = { code: 'ERR_RPC_INVALID_ARGUMENT' };

/** Accepted for programs that were written for others, and not checked, or checked under the newer name. */
const OLDER = ['buffMsg', 'pkgSize', 'maxListeners'];

/** Options that are read only by one strategy. */
const HASHING = ['replicas', 'algorithm', 'hashFieldIndex'];

const IN_REGISTRY = { id: 's', serverType: 't', port: 0, registry: memory() };

/** Gives one option to what takes it. */
function give({ name: table, prefix }: OptionsTable, option: string, value: unknown): unknown {
  const isSecure = option === 'transport' && /^(?:tls|wss)$/.test(String(value));
  if (isSecure && withoutOpenssl !== false) return undefined;
  const given: Record<string, unknown> = {
    [option]: value,
    ...(isSecure && table === 'ListeningOptions' && { tls: tlsOf('server') }),
  };
  if (table === 'CallOptions' || table === 'FailOptions') Caller.checkOptions(given);
  if (table === 'CallOptions') return undefined;
  if (table === 'TlsOptions') return createClient({ tls: given });
  if (table === 'ElectionOptions') return memory().election('area-1', given);
  if (table === 'RegistryOptions') return memory(given);
  if (table === 'EtcdOptions') return etcd({ hosts: 'http://etcd-1', namespace: 'docs', ...given });
  if (table === 'MachineShareOptions')
    return checkMachineShare({ ...(option !== 'path' && { port: 7_778 }), ...given });
  if (table === 'AdvertiseOptions') return createServer({ ...IN_REGISTRY, advertise: given });
  if (table === 'DnsOptions') return dns({ name: 'chat.example', serverType: 'chat', ...given });
  if (table === 'TooBusyOptions') return tooBusy(given);
  if (table === 'ServicePath') return createServer({ port: 0, paths: [{ namespace: 'user', path: '.', ...given }] });
  if (SERVER_TABLES.some(({ name }) => name === table)) return createServer({ port: 0, ...given });
  if (CLUSTER_TABLES.some(({ name }) => name === table)) return resolveClusterOptions(given, 'Class');
  if (table === 'ServerInfo') return createClient().addServer({ id: 's', serverType: 't', port: 1, ...given });
  if (HASHING.includes(option)) return createClient({ router: 'ch', ...given });
  if (prefix === undefined) return createClient(given);
  const parent = prefix.replace('.', '');
  return createClient({ [parent]: parent === 'share' ? { port: 7_777, ...given } : given });
}

describe('docs/options.md', () => {
  it('has every interface of options that users can import', () => {
    const known = ALL_TABLES.map(({ name }) => name);
    const missing = publicNames()
      .filter(({ name }) => /(?:Options|Info|Record)$/.test(name) && !known.includes(name))
      .map(({ name }) => name);
    // The options that an acceptor gets are those of the server.
    assert.deepEqual(missing, ['AcceptorOptions']);
  });

  it('is what the sources say: npm run options writes it', () => {
    assert.equal(readText('docs/options.md'), renderOptionsPage());
  });

  it('has a sentence for each option, event and state', () => {
    const silent = [...readText('docs/options.md').matchAll(/^\| (`[^|]*`) \|.*\| \|$/gm)].map(([, name = '']) => name);
    assert.deepEqual(silent, [], list('no sentence about', silent));
  });
});

describe('the docstrings of options', () => {
  for (const table of ALL_TABLES) {
    const options = optionsOf(table);
    const title = (what: string, { name }: Member) => `${what} of ${table.prefix ?? ''}${name} (${table.name})`;

    for (const option of options) {
      const { name, doc, isOptional, type } = option;
      if (name in table.defaults) {
        it(`${title('the default', option)} is the one that the code reads`, () => {
          assert.ok(isLiteral(doc.fallback), `"@default ${doc.fallback}" is not a value`);
          assert.deepEqual(parseLiteral(doc.fallback), table.defaults[name]);
        });
      } else {
        it(`${title('the default', option)} is in words`, () => {
          assert.ok(isOptional || doc.fallback === '', 'a required option has no default');
          assert.ok(!isLiteral(doc.fallback), 'the value must stand in the frozen defaults');
        });
      }

      const range = rangeOf(doc.range);
      if (range !== undefined) {
        it(`${title('the range', option)} is the one that is checked`, () => {
          give(table, name, range.min);
          give(table, name, Number.isFinite(range.max) ? range.max : range.min + 1_000_000);
          const beyond = [range.min - 1, range.min + 0.5, ...(Number.isFinite(range.max) ? [range.max + 1] : [])];
          const isRatio = name === 'ratio' || name === 'callerShare';
          for (const value of isRatio ? [-1, 2] : beyond)
            assert.throws(
              () => give(table, name, value),
              { ...invalid, message: new RegExp(name) },
              `${name}: ${value}`,
            );
          // The port of a roster entry may be a string of digits, as in pomelo-rpc.
          if (type === 'number' && table.name !== 'ServerInfo') assert.throws(() => give(table, name, '5'), invalid);
        });
      } else if (valuesOf(doc.range) !== undefined) {
        it(`${title('the values', option)} are those that are taken`, () => {
          const wrap = (value: string) => (type.startsWith('readonly') ? [value] : value);
          for (const value of valuesOf(doc.range) ?? []) give(table, name, wrap(value));
          assert.throws(() => give(table, name, wrap('none of them')), invalid);
        });
      } else if (/^(?:number|boolean)$/.test(type) && !OLDER.includes(name)) {
        it(`${title('the type', option)} is checked`, () => {
          assert.ok(type === 'boolean' || /to 2\^31 - 1$|^above 0$/.test(doc.range), 'a number has a range');
          assert.throws(() => give(table, name, type === 'boolean' ? 'true' : Number.NaN), {
            ...invalid,
            message: new RegExp(name),
          });
        });
      }
    }
  }

  it('leave no default over that no option has', () => {
    for (const { defaults } of ALL_TABLES) {
      const named = ALL_TABLES.filter((other) => other.defaults === defaults).flatMap(optionsOf);
      const unnamed = Object.keys(defaults).filter((name) => !named.some((option) => option.name === name));
      assert.deepEqual(unnamed, []);
      assert.ok(Object.isFrozen(defaults));
    }
  });
});

describe('a docstring', () => {
  it('is taken apart into sentences, unit, range, source, default and examples', () => {
    const comment = `/**
   * Wait between two beats. 0.5 is too short.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc, lib/x.js.
   * @default 10_000
   * @example
   * \`\`\`ts
   * beat();
   * \`\`\`
   */`;
    assert.deepEqual(parseDoc(comment), {
      text: 'Wait between two beats. 0.5 is too short.',
      unit: 'ms',
      range: '1 to 2^31 - 1',
      source: 'pomelo-rpc, lib/x.js',
      fallback: '10_000',
      examples: ['beat();'],
    });
  });

  it('is found for a member of several lines', () => {
    const error = membersOf('station/events.ts', /^export type MailStationEvents\b/).find(
      ({ name }) => name === 'error',
    );
    assert.match(error?.type ?? '', /^\[code: PomeloCode, tracer: null, .*error: RpcError\]$/);
  });
});
