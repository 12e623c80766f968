import type { PeerClient } from './peer.js';

/**
 * A client whose peer carries JSON: bytes go as base64, which is the least that they cost there. The server sends the text back as it
 * came; a real one would decode and encode it, so the peer is better off than in a program.
 */
export function bytesAsText(client: PeerClient): PeerClient {
  return {
    echo: async (value) => {
      if (!Buffer.isBuffer(value)) return client.echo(value);
      return Buffer.from((await client.echo(value.toString('base64'))) as string, 'base64');
    },
    close: () => client.close(),
  };
}
