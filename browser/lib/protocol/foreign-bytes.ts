/** The other end of a WebSocket has made a handshake of HTTP, and is no program of another protocol. */
export function describeForeign(_bytes: Uint8Array, _at: number): string | undefined {
  return undefined;
}
