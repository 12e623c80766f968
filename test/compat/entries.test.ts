import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import * as pinusRpc from '../../compat/pinus-rpc.js';
import * as pomeloRpc from '../../compat/pomelo-rpc.js';
import { Client, RpcCode, Server } from '../../index.js';
import { readText } from '../architecture/house.js';

const require = createRequire(import.meta.url);

/** Functions that the index of pinus-rpc 1.7.4 exports, and its router names. */
const NAMES_OF_PINUS = [
  ...['createClient', 'createServer', 'createGateway', 'RpcClient', 'Gateway', 'listEs6ClassMethods'],
  ...['createMqttMailBox', 'createTcpMailBox', 'createDefaultAcceptor', 'createTcpAcceptor', 'MqttAcceptor'],
  ...['df', 'rd', 'rr', 'wrr', 'la', 'ch'],
];

const services = { user: { rooms: { list: async () => ['lobby'] } } };

describe('the entry pomelo-rpc', () => {
  it('has each name that pomelo-rpc exports', () => {
    const original = require('pomelo-rpc') as Record<string, object>;
    const { client, server } = pomeloRpc;
    const missing = (ours: object, theirs: object = {}) => Object.keys(theirs).filter((name) => !(name in ours));
    assert.deepEqual(missing(client, original['client']), []);
    assert.deepEqual(missing(server, original['server']), []);
  });

  it('makes clients and servers of this package, also without `client.` before `create`', () => {
    const { create } = pomeloRpc.client;
    assert.ok(create({ context: {} }) instanceof Client);
    assert.ok(pomeloRpc.server.create({ port: 0, services }) instanceof Server);
  });

  it('takes the transports of pomelo-rpc for its own transport', async () => {
    const { client, server } = pomeloRpc;
    assert.ok(client.create({ mailboxFactory: client.MQTTMailbox }) instanceof Client);
    assert.ok(client.create({ mailBoxFactory: client.MQTTMailbox }) instanceof Client);
    const served = server.create({ port: 0, services, acceptorFactory: server.MqttAcceptor });
    await served.start();
    assert.ok(served.port > 0);
    await served.stop();
  });

  it('refuses to make a mailbox of a transport that it does not have, and names the cure', () => {
    const expected = {
      code: RpcCode.InvalidArgument,
      message:
        'MQTTMailbox cannot be called: mailstation has its own transport; leave the option out, or give MQTTMailbox itself as ' +
        'the option',
    };
    assert.throws(() => pomeloRpc.client.MQTTMailbox({}, {}), expected);
    assert.throws(() => pomeloRpc.client.MQTTMailbox.create({}, {}), expected);
  });
});

describe('the entry pinus-rpc', () => {
  it('has each name that programs of pinus import', () => {
    assert.deepEqual(
      NAMES_OF_PINUS.filter((name) => !(name in pinusRpc)),
      [],
    );
  });

  it('shows the tables and events of the mail station', () => {
    const client = pinusRpc.createClient();
    const added: string[] = [];
    client._station.on('addServer', (id) => added.push(id));
    client.addServers([
      { id: 'chat-1', serverType: 'chat', port: 3331 },
      { id: 'area-1', serverType: 'area', port: 3332 },
      { id: 'chat-2', serverType: 'chat', port: 3333 },
    ]);
    assert.deepEqual(Object.keys(client._station.servers), ['chat-1', 'area-1', 'chat-2']);
    assert.deepEqual(client._station.serversMap, { chat: ['chat-1', 'chat-2'], area: ['area-1'] });
    assert.deepEqual(client._station.onlines, { 'chat-1': 1, 'area-1': 1, 'chat-2': 1 });
    assert.deepEqual(added, ['chat-1', 'area-1', 'chat-2']);
  });

  it('takes router names and transports of pinus-rpc as options', async () => {
    const { createClient, createServer, createTcpAcceptor, createTcpMailBox, rr } = pinusRpc;
    assert.ok(createClient({ mailboxFactory: createTcpMailBox, router: rr }) instanceof Client);
    const server = createServer({ port: 0, services, acceptorFactory: createTcpAcceptor });
    await server.start();
    await server.stop();
  });
});

describe('listEs6ClassMethods', () => {
  const { listEs6ClassMethods } = pinusRpc;
  class Base {
    inherited(): void {}
  }
  class Remote extends Base {
    readonly field = 1;
    readonly arrow = () => {};
    own(): void {}
  }

  it('lists the methods of a class', () => {
    assert.deepEqual(listEs6ClassMethods(Remote), ['own']);
  });

  it('lists the functions of an object and of its class, and those of parent classes on demand', () => {
    assert.deepEqual(listEs6ClassMethods(new Remote()), ['arrow', 'own']);
    assert.deepEqual(listEs6ClassMethods(new Remote(), true), ['arrow', 'own', 'inherited']);
  });

  it('lists nothing of an object without methods', () => {
    assert.deepEqual(listEs6ClassMethods(Object.create(null)), []);
  });
});

describe('the packages that overrides point to', () => {
  /** Names that an ES module may import from the CommonJS file. */
  const listed = (name: string) =>
    new Set([...readText(`compat/${name}/index.js`).matchAll(/^module\.exports\.(\w+) = /gm)].map(([, each]) => each));

  for (const [name, version, entry] of [
    ['pomelo-rpc', '1.0.7', pomeloRpc],
    ['pinus-rpc', '1.7.4', pinusRpc],
  ] as const) {
    it(`${name} has the name, the version and the names of the original, and loads mailstation/${name}`, () => {
      const manifest = JSON.parse(readText(`compat/${name}/package.json`)) as { name: string; version: string };
      assert.deepEqual([manifest.name, manifest.version], [name, version]);
      assert.ok(readText(`compat/${name}/index.js`).includes(`require('mailstation/${name}')`));
      assert.deepEqual(
        Object.keys(entry).filter((each) => each !== 'default' && !listed(name).has(each)),
        [],
      );
    });
  }
});
