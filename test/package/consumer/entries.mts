import stockName from 'cluster-client';
import byEntry, { APIClientBase, type ClusterOptions, close } from 'mailstation/cluster-client';
import * as pinus from 'mailstation/pinus-rpc';
import pomelo, { client, server } from 'mailstation/pomelo-rpc';
import { createClient, type RpcClientOpts, rr } from 'pinus-rpc';
import { client as stockClient } from 'pomelo-rpc';

class Counter {
  async next(): Promise<number> {
    return 1;
  }
}

const options: ClusterOptions = { port: 7777 };
const given: RpcClientOpts = { router: rr };

export const counted = async (): Promise<number[]> => [
  await byEntry(Counter, options).create().next(),
  await stockName(Counter, options).create().next(),
];
export class Api extends APIClientBase {
  override get DataClient() {
    return Counter;
  }
}
export const made = [
  client.create({}),
  stockClient.create({}),
  pomelo.client,
  pinus.createClient(given),
  createClient(given),
];
export const others = [close, server.create({ port: 0, services: {} })];
// @ts-expect-error an option of the wrong type
export const wrong = () => [byEntry(Counter, { port: true })];
