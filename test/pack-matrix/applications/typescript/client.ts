// The process that calls, and loads each entry of the package: prints a line for each thing that went well.
import { createClient, RpcError } from 'mailstation';
import * as browser from 'mailstation/browser';
import cluster, { type ClusterOptions } from 'mailstation/cluster-client';
import { createDashboard, type DashboardOptions } from 'mailstation/dashboard';
import { type EtcdOptions, etcd } from 'mailstation/etcd';
import { createMetrics, type Metrics } from 'mailstation/metrics';
import { type InstrumentOptions, instrument } from 'mailstation/otel';
import * as pinus from 'mailstation/pinus-rpc';
import * as pomelo from 'mailstation/pomelo-rpc';

interface Remotes {
  user: { math: { sums: typeof import('./remote/sums.js') } };
}

const client = createClient<Remotes>();
client.addProxies([{ namespace: 'user', serverType: 'math' }]);
client.addServers([{ id: 'math-1', serverType: 'math', host: '127.0.0.1', port: Number(process.argv[2]) }]);
await client.start();
const { sums } = client.proxies.user.math;

const sum: number = await sums.add(null, 1, 2);
console.log(`a call: ${sum}`);
const items: number[] = [];
for await (const item of sums.upTo.stream(null, 3)) items.push(item);
console.log(`a stream: ${items}`);
const error: unknown = await sums.fail(null).catch((error: unknown) => error);
const isRpcError = error instanceof RpcError;
console.log(`an error: ${isRpcError} ${isRpcError && error.code} ${isRpcError && (error.cause as Error).name}`);
// @ts-expect-error a wrong argument is a compile error
export const wrong = (): Promise<number> => sums.add(null, 1, 'two');

const metrics: Metrics = createMetrics({ clients: [client] });
console.log(`mailstation/metrics: ${/^mailstation_info\{.*\} 1$/m.test(metrics.text().body)}`);
metrics.close();
await client.stop();

export type All = [browser.Outcome<number>, ClusterOptions, DashboardOptions, EtcdOptions, InstrumentOptions];
console.log(`mailstation/browser: ${typeof browser.createClient}`);
console.log(`mailstation/cluster-client: ${typeof cluster}`);
console.log(`mailstation/dashboard: ${typeof createDashboard}`);
console.log(`mailstation/etcd: ${typeof etcd}`);
console.log(`mailstation/otel: ${typeof instrument}`);
console.log(`mailstation/pinus-rpc: ${typeof pinus.createClient}`);
console.log(`mailstation/pomelo-rpc: ${typeof pomelo.client.create}`);
