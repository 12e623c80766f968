import type { Peer } from '../peer.js';
import type { GrowthEnds } from './ends.js';

/** The ends of a bare loop, which knows one server: a client has a connection of its own to each server, and takes turns. */
export function bareEnds(peer: Peer): GrowthEnds {
  return {
    serve: () => peer.serve(),
    async connect(ports) {
      const links = await Promise.all(ports.map((port) => peer.connect(port)));
      for (const link of links) await link.echo('first');
      let calls = 0;
      return {
        echo: (value) => {
          const link = links[calls++ % links.length];
          return link === undefined ? Promise.reject(new Error('there is no server')) : link.echo(value);
        },
        async close() {
          for (const link of links) await link.close();
        },
      };
    },
  };
}
