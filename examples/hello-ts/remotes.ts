/** The methods of all servers, by namespace, server type and module. A type only: a client loads no code of a server. */
export interface Remotes {
  user: { rooms: { lobby: typeof import('./remote/rooms/lobby.js') } };
}
