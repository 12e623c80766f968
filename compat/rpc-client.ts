import { withoutBuiltInTransports } from '../lib/compat/built-in-transports.js';
import { Client, type ClientOptions } from '../node-client.js';
import type { Any } from '../proxy/index.js';
import { StationView } from './station-view.js';

/** A client with what programs read of pomelo-rpc's and pinus-rpc's clients beside the methods. */
export class RpcClient<Remotes = Any> extends Client<Remotes> {
  /** The tables and events of the mail station, for programs that read `client._station.servers`. */
  readonly _station: StationView = new StationView(this);

  /** Makes a client that is not started. Source: pomelo-rpc. */
  static override create<Remotes = Any>(options: ClientOptions = {}): RpcClient<Remotes> {
    return new RpcClient(withoutBuiltInTransports(options));
  }
}
