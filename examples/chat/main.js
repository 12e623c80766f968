// The chat: a gate with a page, two connectors, two chat servers. Two scripted visitors talk, a chat server is killed, and each says
// what it saw. `node main.js`; with `--stay` the chat stays for you, until Ctrl-C. `--port 8080`: port of the page.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDashboard } from 'mailstation/dashboard';
import { Processes } from './processes.js';
import { story } from './story.js';

const { values: options } = parseArgs({
  options: {
    stay: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    words: { type: 'string', default: '25' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'chat-'));
const processes = new Processes();
/** Of the dashboard, which may ask the servers about themselves. */
const opsToken = randomBytes(24).toString('base64url');
const startChatServer = (id, port) => processes.start('./chat-server.js', [id, folder, port]);
let dashboard;

/** Starts the gate first, whose origin the connectors must know. The last ones to start are the first ones to stop. */
async function start() {
  const gate = await processes.start('./gate.js', [options.port, opsToken]);
  const chatServers = await Promise.all(['chat-1', 'chat-2'].map((id) => startChatServer(id, 0)));
  const forConnectors = JSON.stringify({
    origin: gate.place.origin,
    chatServers: chatServers.map(({ place }) => place),
    onlinePath: join(folder, 'online.sock'),
    opsToken,
  });
  const connectors = await Promise.all(
    ['connector-1', 'connector-2'].map((id) => processes.start('./connector.js', [id, forConnectors])),
  );
  gate.child.send(connectors.map(({ place }) => place));
  return { processes, gate, chatServers, connectors, startChatServer };
}

async function startDashboard({ gate, chatServers, connectors }) {
  const places = [gate, ...connectors, ...chatServers].map(({ place }) => place.url);
  dashboard = createDashboard({ servers: places, connect: { auth: opsToken } });
  await dashboard.start();
  console.log(`What the servers do: ${dashboard.url}`);
}

async function end() {
  await dashboard?.stop();
  await processes.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Rejects when somebody ends the program. */
const interrupted = new Promise((_resolve, reject) => {
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => reject(new Error(`ended by ${name}`)));
});

async function run() {
  const chat = await start();
  console.log(`The chat is open at ${chat.gate.place.origin}`);
  if (options.stay) {
    await startDashboard(chat);
    console.log('Enter with two names in two windows. Ctrl-C ends the chat.');
    await new Promise(() => {});
  }
  const wrong = await story(chat, Number(options.words));
  console.log(wrong.length === 0 ? '\nEverything held.' : `\n${wrong.length} did not hold:\n- ${wrong.join('\n- ')}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

try {
  await Promise.race([run(), interrupted]);
} catch (error) {
  console.error(error.message);
  process.exitCode = options.stay ? 0 : 1;
} finally {
  await end();
}
