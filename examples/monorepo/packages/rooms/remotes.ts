/** The only thing of this package that others import: the types of the methods. The service itself stays here. */
export interface Rooms {
  lobby: typeof import('./remote/lobby.js');
}
