import { bytesAsText } from '../bytes-as-text.js';
import type { Peer, PeerClient, PeerServer } from '../peer.js';
import { type Carrier, tcpCarrier } from './carrier.js';
import { JsonLink, type JsonLinkOptions } from './json-link.js';

/** An echo over a {@link JsonLink}: on the client a Map of promises by id, on the server nothing at all. */
export function createLimitPeer(options: JsonLinkOptions, carrier: Carrier = tcpCarrier): Peer {
  return {
    serve: () => serve(options, carrier),
    connect: (port) => connectClient(port, options, carrier),
  };
}

function serve(options: JsonLinkOptions, carrier: Carrier): Promise<PeerServer> {
  return carrier.listen((stream) => {
    const link = new JsonLink(stream, options, (id, value) => link.send(id, value));
  });
}

async function connectClient(port: number, options: JsonLinkOptions, carrier: Carrier): Promise<PeerClient> {
  const stream = await carrier.connect(port);
  const waiting = new Map<number, (value: unknown) => void>();
  let lastId = 0;
  const link = new JsonLink(stream, options, (id, value) => {
    const resolve = waiting.get(id);
    if (resolve === undefined) throw new Error(`limit-json: an answer to ${id}, which nobody asked`);
    waiting.delete(id);
    resolve(value);
  });

  return bytesAsText({
    echo(value) {
      lastId = (lastId + 1) >>> 0;
      const id = lastId;
      link.send(id, value);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    close: () => stream.close(),
  });
}
