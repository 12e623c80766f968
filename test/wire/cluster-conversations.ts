import { createRequire } from 'node:module';
import { Registry } from '../behaviour/shared-client-support.js';
import { failure, keptLog, unusedPort } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { until } from '../support/until.js';
import { NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

type Cluster = Package['cluster'];

/** The real cluster-client, which is used here as ours is. */
const stock = createRequire(import.meta.url)('cluster-client') as Cluster;

export async function transcodedClient(t: Scope, { cluster }: Package): Promise<Tap> {
  const transcode = {
    encode: (value: unknown) => Buffer.from(JSON.stringify({ value })),
    decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()).value,
  };
  const port = await unusedPort(t);
  const options = { name: 'Registry', logger: keptLog().logger, heartbeatInterval: NEVER_MS, transcode };
  const leader = cluster(Registry, { ...options, port, isLeader: true }).create();
  t.after(() => cluster.close(leader));
  await leader.ready();
  const tap = await Tap.open(t, port);
  tap.step = 'register, and invoke';
  const follower = cluster(Registry, { ...options, port: tap.port, isLeader: false }).create();
  t.after(() => cluster.close(follower));
  await follower.echo({ id: 7 });
  return tap;
}

export function sharedClient(t: Scope, { cluster }: Package): Promise<Tap> {
  return useSharedClient(t, cluster, cluster);
}

export function stockFollower(t: Scope, { cluster }: Package): Promise<Tap> {
  return useSharedClient(t, cluster, stock);
}

export function stockLeader(t: Scope, { cluster }: Package): Promise<Tap> {
  return useSharedClient(t, stock, cluster);
}

async function useSharedClient(t: Scope, leading: Cluster, following: Cluster): Promise<Tap> {
  const isMixed = leading !== following;
  const port = await unusedPort(t);
  const options = { name: 'Registry', logger: keptLog().logger, responseTimeout: 10_000, heartbeatInterval: NEVER_MS };
  const build = (cluster: Cluster, more: object) => {
    const builder = cluster(Registry, { ...options, ...more });
    return builder.delegate('note', 'invokeOneway').delegate('later', 'invoke').create();
  };
  const leader = build(leading, { port, isLeader: true });
  t.after(() => leading.close(leader));
  await leader.ready();
  const tap = await Tap.open(t, port, isMixed ? [leading === stock ? 'caller' : 'callee'] : undefined);
  tap.step = 'register';
  const follower = build(following, { port: tap.port, isLeader: false });
  t.after(() => following.close(follower));
  await follower.ready();
  tap.step = 'invoke';
  await follower.echo({ id: 7, at: new Date(5) });
  tap.step = 'invoke that fails';
  await failure(follower.fail('boom'));
  tap.step = 'invoke one-way';
  (follower as unknown as { note(what: string): void }).note('seen');
  await tap.passed('"oneway":true');
  tap.step = 'subscribe, and a value';
  const values: unknown[] = [];
  const listener = (value: unknown) => void values.push(value);
  const reg = { id: 'größer' };
  follower.subscribe(reg, listener);
  await until(() => Registry.latest?.told.includes('subscribe größer'), { what: 'the subscription' });
  Registry.latest?.give('größer', { hosts: ['10.0.0.1:80'] });
  await until(() => values.length === 1, { what: 'the value' });
  await tap.passed('"type":"subscribe_result_res"');
  tap.step = 'publish';
  follower.publish({ ...reg, value: [] });
  await until(() => values.length === 2, { what: 'what was published' });
  await tap.passed('"type":"subscribe_result_res"');
  tap.step = 'unSubscribe';
  follower.unSubscribe(reg, listener);
  await tap.passed(isMixed ? 'unSubscribe' : '{}');
  tap.step = 'the Leader closes';
  if (isMixed) await following.close(follower); // a stock peer is not told to go
  await leading.close(leader);
  if (!isMixed) await tap.passed('"type":"goaway_res"');
  return tap;
}
