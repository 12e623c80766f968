// A scripted visitor: enters, says so many things, and tells main.js what it saw. It runs the client of web pages, in Node.
// `node visitor.js NAME ROOM GATE_URL ORIGIN WORDS PAUSE`
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createClient } from 'mailstation/browser';
import { WebSocket } from 'ws';
import { enter } from './page/enter.js';

const [name, room, gateUrl, origin, words, pause] = process.argv.slice(2);
const leaving = once(process, 'message');

/** Node 20 has no WebSocket, and a later Node sends no origin, as a browser does. */
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url, { origin });
  }
};

const { connector, events, say, leave } = await enter(createClient, gateUrl, name, room);
const seen = { name, connector, messages: [], servers: [], away: [], online: [], failed: [], longestWait: 0 };

async function watch() {
  for await (const { message, server, away, online } of events()) {
    if (message) seen.messages.push({ number: message.number, text: message.text });
    if (server) seen.servers.push(server);
    if (away) seen.away.push(away);
    if (online) seen.online = online;
    process.send({ messages: seen.messages.length, online: seen.online });
  }
}
const watching = watch().catch((error) => error.code);

process.send({ connector });
for (let word = 1; word <= Number(words); word++) {
  const began = performance.now();
  await say(`${name} ${word}`).catch((error) => seen.failed.push(error.message));
  seen.longestWait = Math.max(seen.longestWait, Math.round(performance.now() - began));
  await setTimeout(Number(pause));
}
process.send({ hasSaidAll: true });
await leaving;
await leave();
await watching; // the stream ends with the client
process.send({ seen }, () => process.disconnect());
