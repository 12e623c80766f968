/**
 * What there is to call: `proxies[namespace][serverType][module][method]`, with the types of the modules themselves.
 * Only types are imported; the client runs none of the servers' code for it.
 */
export interface Remotes {
  user: {
    test: { module1: typeof import('./remote/test/module1.js') };
    chat: {
      rooms: typeof import('./remote/chat/rooms.js');
      status: typeof import('./remote/chat/status.js');
    };
  };
}
