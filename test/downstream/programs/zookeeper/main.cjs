// Debian's ZooKeeper, and two clients of one process that share a connection.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdirSync, openSync, rmSync, writeFileSync } = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { createClient, CreateMode } = require('zookeeper-cluster-client');
const freePorts = require('./shared/free-ports.cjs');
const { settled } = require('./shared/outcome.cjs');

const PATIENCE_MS = 40_000;
const CLASSES = '/usr/share/java/zookeeper.jar';
const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);
let server;

async function startServer() {
  const [port] = await freePorts(1);
  const dataDir = path.resolve('data');
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir);
  const settings = { tickTime: 500, dataDir, clientPort: port, clientPortAddress: '127.0.0.1' };
  const lines = Object.entries(settings).map((pair) => pair.join('='));
  writeFileSync('zoo.cfg', `${lines.join('\n')}\n`);
  const log = openSync('zookeeper.log', 'w');
  const args = ['-Dzookeeper.admin.enableServer=false', '-cp', CLASSES];
  const main = 'org.apache.zookeeper.server.ZooKeeperServerMain';
  server = spawn('java', [...args, main, 'zoo.cfg'], { stdio: ['ignore', log, log] });
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    if (await serves(port)) return `127.0.0.1:${port}`;
    if (Date.now() > end || server.exitCode !== null) throw new Error('ZooKeeper does not start: see zookeeper.log');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks the server for its mode. The server accepts connections before it serves sessions, and loses a client that comes in between. */
async function serves(port) {
  const socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  socket.write('srvr');
  await once(socket, 'close').catch(() => {});
  return answer.includes('Mode: standalone');
}

async function use(address) {
  const clients = [createClient(address), createClient(address)];
  const [ada, bob] = clients;
  const both = (call) => Promise.all(clients.map((client) => settled(() => call(client), 10_000)));
  for (const client of clients) client.connect();
  await Promise.all(clients.map((client) => client.ready()));
  print(
    'both are connected',
    clients.map((client) => client.getState()?.name ?? String(client.getState())),
  );
  print('they share a session', String(ada.getSessionId()) === String(bob.getSessionId()));
  print('mkdirp', await settled(() => ada.mkdirp('/shop/tariffs')));
  print('create', await settled(() => bob.create('/shop/rate', Buffer.from('seven'))));
  print('getData', await both(async (client) => String(await client.getData('/shop/rate'))));
  print(
    'getData with stat',
    await both(async (client) => (await client.getData('/shop/rate', { withStat: true })).stat.version),
  );
  const changed = new Promise((resolve) =>
    bob.watch('/shop/rate', (error, data) => {
      if (error || String(data) === 'eight') resolve(error ? error.message : String(data));
    }),
  );
  const listed = new Promise((resolve) =>
    ada.watchChildren('/shop', (error, children) => {
      if (error || children.length === 3) resolve(error ? error.message : [...children].sort());
    }),
  );
  await settled(() => ada.getData('/shop/rate'));
  print('setData', await settled(async () => (await ada.setData('/shop/rate', Buffer.from('eight'))).version));
  print('bob sees', await changed);
  print('create with a mode', await settled(() => bob.create('/shop/open', null, null, CreateMode.EPHEMERAL)));
  print('ada sees', await listed);
  print(
    'exists',
    await both(async (client) => [(await client.exists('/shop/open')) !== null, await client.exists('/shop/none')]),
  );
  const failure = async (client) => client.getData('/none').catch((error) => [error.name, error.message, error.code]);
  print('an unknown path', await both(failure));
  print('remove', await settled(() => ada.remove('/shop/open')));
  print('getChildren', await both(async (client) => [...(await client.getChildren('/shop'))].sort()));
  print('getACL', await both(async (client) => (await client.getACL('/shop')).length));
  await both((client) => client.close());
  print('closed', true);
}

startServer()
  .then(use)
  .catch((error) => {
    console.log(`failed: ${error.stack}`);
    process.exitCode = 1;
  })
  .finally(async () => {
    server?.kill();
    process.exit();
  });
