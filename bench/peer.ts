/**
 * One RPC implementation under measurement. A module in `peers/` exports it as `peer`; the file's name is the name
 * by which it is asked for (`--peers limit-json,mailstation`).
 *
 * The two functions run in two different processes, which exist for this peer alone: neither shares a heap, compiled
 * code or an event loop with any other peer or with the harness.
 */
export interface Peer {
  /** Starts the echo service in this process, on loopback. Resolves when it accepts calls. */
  serve(): Promise<PeerServer>;
  /** Resolves when the first call can be made: connecting is not measured. */
  connect(port: number): Promise<PeerClient>;
}

export interface PeerServer {
  /** Chosen by the system; what {@link Peer.connect} is given in the other process. */
  readonly port: number;
  /** CPU time so far of a further process that the service needs, such as a broker. It counts as the server's. Unit: us */
  otherCpuUs?(): number;
  close(): Promise<void>;
}

export interface PeerClient {
  /**
   * One call, answered by the other process with the value it was sent. Rejects if the call fails; the harness
   * never has more calls in flight than its `--in-flight` says.
   */
  echo(value: unknown): Promise<unknown>;
  close(): Promise<void>;
}
