const { existsSync, mkdirSync, rmSync, statSync, writeFileSync } = require('node:fs');
const freePorts = require('./free-ports.cjs');
const Guest = require('./guest.cjs');
const { endProcesses, startProcess } = require('./processes.cjs');

const HOST = '127.0.0.1';
const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);

async function startServers() {
  const [master, gate, connector, front, chat1, chat2] = await freePorts(6);
  const clientSide = { clientHost: HOST, frontend: true };
  const servers = {
    gate: [{ id: 'gate-1', host: HOST, clientPort: gate, ...clientSide }],
    connector: [{ id: 'connector-1', host: HOST, port: connector, clientPort: front, ...clientSide }],
    chat: [
      { id: 'chat-1', host: HOST, port: chat1 },
      { id: 'chat-2', host: HOST, port: chat2 },
    ],
  };
  writeFileSync('config/servers.json', JSON.stringify({ development: servers }));
  const masterServer = { id: 'master-1', host: HOST, port: master };
  writeFileSync('config/master.json', JSON.stringify({ development: masterServer }));
  rmSync('logs', { recursive: true, force: true });
  mkdirSync('logs');

  await startProcess('master', ['app.js', 'env=development', 'type=master'], 'is up');
  for (const [serverType, list] of Object.entries(servers)) {
    for (const server of list) {
      const args = Object.entries({ env: 'development', serverType, ...server });
      await startProcess(server.id, ['app.js', ...args.map((pair) => pair.join('='))], 'is up');
    }
  }
  return gate;
}

async function play(gatePort, connect) {
  const visitor = await connect(gatePort);
  const { clientPort, ...connector } = await visitor.request('gate.door.where');
  print('the gate names the connector', connector);
  await visitor.close();

  const ada = await connect(clientPort);
  const bob = await connect(clientPort);
  print('ada enters', await ada.request('connector.entry.enter', { name: 'ada', room: 'attic' }));
  print('bob enters', await bob.request('connector.entry.enter', { name: 'bob', room: 'attic' }));
  print('ada sees', await ada.push('onArrive'));
  print('ada speaks', await ada.request('chat.room.say', { text: 'good evening' }));
  print('ada hears', await ada.push('onSaid'));
  print('bob hears', await bob.push('onSaid'));
  print('bob whispers', await bob.request('chat.room.whisper', { to: 'ada', text: 'psst' }));
  print('ada hears', await ada.push('onWhisper'));
  print('bob whispers to a stranger', await bob.request('chat.room.whisper', { to: 'eve', text: 'psst' }));
  print('ada shouts', await ada.request('chat.room.shout', { text: 'ALE' }));
  print('bob hears', await bob.push('onShout'));
  print('pushAll', await ada.request('chat.room.mood', { mood: 'merry', seat: { row: 3, window: true } }));
  print('the session', await ada.request('connector.entry.settings'));
  print('getByUid', await bob.request('chat.room.look', { name: 'ada' }));
  print('get of an unknown session', await bob.request('chat.room.stranger'));
  print('an error in a handler', await ada.request('chat.room.burn'));
  print('an empty answer', await ada.request('chat.room.quiet'));
  print('an unknown handler', await ada.request('chat.cellar.open'));
  ada.notify('chat.room.say', { text: 'by the way' });
  print('after a notification bob hears', await bob.push('onSaid'));

  for (const name of await ada.request('connector.probe.names')) {
    print(name, (await ada.request('connector.probe.ask', { name })).got);
  }

  for (const [method, counts] of await ada.request('connector.probe.filters')) {
    print(`filters before and after ${method}`, counts);
  }
  const cid = await connect(clientPort);
  print('cid enters', await cid.request('connector.entry.enter', { name: 'cid', room: 'attic' }));
  print('ada evicts cid', await ada.request('chat.room.evict', { name: 'cid' }));
  print('cid is kicked', await cid.kicked);
  await cid.closed;
  print('bob sees', await bob.push('onDepart'));
  await bob.close();
  print('ada sees', await ada.push('onDepart'));
  ada.notify('chat.room.leave');
  await ada.closed;
  print('ada is disconnected', true);
  await endProcesses('SIGTERM');
  const written = (name) => existsSync(name) && statSync(name).size > 0;
  print('the log of calls is written', written('logs/rpc-log-connector-1.log'));
  print('the debug log is written', written('logs/rpc-debug-connector-1.log'));
}

/**
 * Starts the processes of a game, plays guests through it, and prints a line for each thing that they see.
 *
 * @param {object} protocol The framework's encoder and decoder of packages.
 * @param {Function} WebSocket The class of the package ws that the framework has.
 */
exports.playGame = async (protocol, WebSocket) => {
  try {
    const gatePort = await startServers();
    await play(gatePort, (port) => Guest.connect(protocol, port, WebSocket));
  } catch (error) {
    console.log(`failed: ${error.stack}`);
    process.exitCode = 1;
  }
  await endProcesses();
  process.exit();
};
