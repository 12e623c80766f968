// What the application uses, in every process. What it asks of `_client` goes to the one DataClient, wherever that is.
import { APIClientBase } from 'mailstation';
import { DataClient } from './data-client.js';

export class RegistryClient extends APIClientBase {
  get DataClient() {
    return DataClient;
  }

  get clusterOptions() {
    return { name: 'RegistryClient', port: this.options.clusterPort };
  }

  /** The listener is called with the addresses of the service, now and whenever they change. */
  subscribe(service, listener) {
    this._client.subscribe({ service }, listener);
  }

  /** Made again by itself when another process takes over. */
  publish(service, address) {
    this._client.publish({ service, address });
  }

  getAddresses(service) {
    return this._client.getAddresses(service);
  }
}
