// A connector: pages connect to it by WebSocket, and it calls the chat servers. `node connector.js ID OPTIONS`.
import { createClient, createServer } from 'mailstation';
import { askedToStop, letEnd } from './asked-to-stop.js';
import { Online } from './online.js';
import { whoMay } from './who-may.js';

const [id, options] = process.argv.slice(2);
const { origin, chatServers, onlinePath, opsToken } = JSON.parse(options);

// A room belongs to one chat server: that which the first argument, the room, has on the ring.
const client = createClient({ routerType: 'ch', hashFieldIndex: 0 });
client.addProxy({ namespace: 'user', serverType: 'chat' });
client.addServers(chatServers);
await client.start();

const pages = new Set();
const online = new Online(id, onlinePath, (names) => {
  for (const page of pages) page.push({ online: names });
});

const server = createServer({
  ...{ id, serverType: 'connector', listen: 'ws://127.0.0.1:0', drainTimeout: 1_000, callStats: true },
  context: { rooms: client.proxies.user.chat.rooms, pages, online },
  paths: [{ namespace: 'user', path: new URL('./remote/connector', import.meta.url) }],
  allowedOrigins: [origin],
  // A real service would check a password or a session in the place of a name.
  ...whoMay(opsToken, ['user.session.*'], (name) => (/^[\p{L}\p{N} ]{1,32}$/u.test(name) ? name : undefined)),
});
await server.start();
process.send({ id, serverType: 'connector', url: server.urls[0] });

await askedToStop();
await server.stop();
await online.close();
await client.stop();
letEnd();
