/** Writes docs/top.svg, docs/inspect.svg and docs/bench.svg: the command in a terminal, with servers at work. `npm run screenshot:cli` */
import { writeFileSync } from 'node:fs';
import { createClient, createServer, type Server } from '../../index.js';
import { ROOT } from '../architecture/house.js';
import { TestTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';
import { commandLine } from './support.js';
import { svgOf } from './terminal-svg.js';

const QUIET = { info() {}, warn() {}, error() {} };
const SIZE = { columns: 112, rows: 18 };

class Rooms {
  /** Lists the rooms that a guest may enter. */
  async list(guest: string, limit = 10): Promise<string[]> {
    await working(1 + Math.random() * 4);
    return Array.from({ length: limit }, (_, at) => `${guest}'s room ${at}`);
  }

  /** Joins a room, unless the room is full. */
  async join(room: string): Promise<string> {
    await working(2 + Math.random() * 20);
    if (Math.random() < 0.02) throw Object.assign(new Error('the room is full'), { code: 'E_FULL' });
    return room;
  }
}

class Messages {
  /** Sends a message to all guests of a room. */
  async send(room: string, text: string): Promise<number> {
    await working(Math.random() * 8);
    return room.length + text.length;
  }
}

function working(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const ends: (() => unknown)[] = [];
const t = { after: (end: () => unknown) => void ends.push(end) };

async function serve(id: string): Promise<Server> {
  const services = { user: { rooms: new Rooms(), messages: new Messages() } };
  const server = createServer({
    ...{ id, serverType: 'chat', port: 0, services, callStats: true, maxConcurrent: 12, maxQueued: 1_000 },
    ...{ expectedErrors: ['E_FULL'], logger: QUIET },
  });
  await server.start();
  ends.unshift(() => server.stop(true));
  return server;
}

interface Remotes {
  readonly user: { readonly chat: { readonly rooms: Rooms; readonly messages: Messages } };
}

/** Calls that go on, some a second. */
async function work(servers: readonly Server[]): Promise<void> {
  const client = createClient<Remotes>({ logger: QUIET });
  client.addProxy({ namespace: 'user', serverType: 'chat' });
  client.addServers(servers.map(({ id, port }) => ({ id: String(id), serverType: 'chat', port: Number(port) })));
  await client.start();
  const { rooms, messages } = client.proxies.user.chat;
  const ignore = (): void => undefined;
  const timer = setInterval(() => {
    for (let call = 0; call < 12; call += 1) {
      messages.send({ uid: call % 5 }, 'lobby', 'hello').catch(ignore);
      if (call % 2 === 0) rooms.list({ uid: call }, 'Ada').catch(ignore);
      if (call % 3 === 0) rooms.join({ uid: call }, 'lobby').catch(ignore); // some fail on purpose
    }
  }, 20);
  ends.unshift(() => client.stop(true));
  ends.unshift(() => clearInterval(timer));
}

/** A terminal where `npx mailstation` runs the sources. */
async function open(rows: number): Promise<TestTerminal> {
  const terminal = await TestTerminal.open(t, { ...SIZE, rows });
  terminal.run(`npx() { shift; ${commandLine([]).join(' ')} "$@"; }; PS1='$ '; clear`);
  await until(() => terminal.lines[0] === '$' && terminal.lines[1] === '', { what: 'a clear screen' });
  return terminal;
}

async function picture(
  name: string,
  args: string,
  rows: number,
  isReady: (terminal: TestTerminal) => boolean,
): Promise<void> {
  const terminal = await open(rows);
  terminal.run(`npx mailstation ${args}`);
  await terminal.untilTrue(() => isReady(terminal), `the picture of ${name}`);
  const svg = svgOf(terminal.emulator, `mailstation ${args}`);
  writeFileSync(`${ROOT}docs/${name}.svg`, svg);
  console.log(`docs/${name}.svg, ${Math.ceil(svg.length / 1024)} KiB\n${terminal.text}`);
}

/** True where the shell waits for a command below the output. */
function isDone(terminal: TestTerminal): boolean {
  const lines = terminal.lines.filter((line) => line !== '');
  return lines.length > 2 && lines.at(-1) === '$';
}

try {
  const servers = [await serve('chat-1'), await serve('chat-2'), await serve('chat-3')];
  const stopped = await serve('chat-4');
  const ports = [...servers, stopped].map(({ port }) => port);
  await stopped.stop();
  await work(servers);
  servers[2]?.setHealth('not-serving', { reason: 'the database is down' });
  await picture('top', `top ${ports.join(' ')}`, 18, ({ text }) => /chat-3 +\d/.test(text));
  await picture('inspect', `inspect ${ports[0]}`, 34, isDone);
  await picture('bench', `bench ${ports[0]} user.messages.send lobby hello --duration 3s`, 26, isDone);
} finally {
  for (const end of ends) await end();
}
