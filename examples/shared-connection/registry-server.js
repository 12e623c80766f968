// The upstream: a registry of services over TCP, one JSON a line. A service has the addresses that were published on
// connections which are still open; whoever has subscribed to it is sent them whenever they change.
import net from 'node:net';
import { createInterface } from 'node:readline';

export function startRegistry() {
  const connections = new Map(); // socket -> what was published and subscribed to on it

  function addressesOf(service) {
    const published = [...connections.values()].flatMap((each) => each.published);
    return [...new Set(published.filter((each) => each.service === service).map((each) => each.address))].sort();
  }

  function tell(service) {
    for (const [socket, { subscribed }] of connections)
      if (subscribed.has(service)) send(socket, { service, addresses: addressesOf(service) });
  }

  function onMessage(socket, { id, method, service, address }) {
    const { published, subscribed } = connections.get(socket);
    if (method === 'getAddresses') return send(socket, { id, addresses: addressesOf(service) });
    if (method === 'subscribe') {
      subscribed.add(service);
      return send(socket, { service, addresses: addressesOf(service) });
    }
    published.push({ service, address });
    tell(service);
  }

  const server = net.createServer((socket) => {
    connections.set(socket, { published: [], subscribed: new Set() });
    socket.on('error', () => {}); // its process was killed; `close` follows
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => onMessage(socket, JSON.parse(line)));
    lines.on('error', () => {});
    socket.on('close', () => {
      const { published } = connections.get(socket);
      connections.delete(socket);
      for (const { service } of published) tell(service);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function send(socket, message) {
  socket.write(`${JSON.stringify(message)}\n`);
}
