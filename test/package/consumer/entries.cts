import stockName = require('cluster-client');
import byEntry = require('mailstation/cluster-client');
import pinus = require('mailstation/pinus-rpc');
import pomelo = require('mailstation/pomelo-rpc');

import { type ClusterOptions, close } from 'mailstation/cluster-client';

import stockPinus = require('pinus-rpc');
import stockPomelo = require('pomelo-rpc');

class Counter {
  async next(): Promise<number> {
    return 1;
  }
}

const options: ClusterOptions = { port: 7777 };
const given: pinus.RpcClientOpts = { router: pinus.rr };

class Api extends stockName.APIClientBase {
  override get DataClient() {
    return Counter;
  }
}

const counted = async (): Promise<number[]> => [
  await byEntry(Counter, options).create().next(),
  await stockName(Counter, options).create().next(),
];
const made = [
  pomelo.client.create({}),
  stockPomelo.client.create({}),
  pinus.createClient(given),
  stockPinus.createClient(given),
];
// @ts-expect-error an option of the wrong type
const wrong = () => [byEntry(Counter, { port: true })];

export = { Api, close, counted, made, wrong };
