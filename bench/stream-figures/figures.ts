import { setTimeout } from 'node:timers/promises';
import { median, quantile } from '../statistics.js';
import type { Memory } from './host-protocol.js';
import { peakOf } from './memory.js';
import type { FigurePair } from './pair.js';

const STREAMS = 64;
const CALLS_MS = 1_000;
const BREAKS = 500;
const WARM_UP_ITEMS = 1_024;
/** 1 GiB in items of 64 KiB. */
const SLOW_ITEMS = 16 * 1_024;
const SAMPLE_MS = 100;
const ASK_MS = 300_000;
const MIB = 1024 * 1024;

/** A figure: one line of the report, and whether the goal is met. */
export interface Figure {
  readonly text: string;
  readonly isMet: boolean;
}

export const FIGURES: Readonly<Record<string, (pair: FigurePair, rounds: number) => Promise<Figure>>> = {
  break: breaks,
  latency,
  memory,
};

/** From `break` at the client to the generator's `finally` at the server. */
async function breaks({ client }: FigurePair): Promise<Figure> {
  await client.ask('breaks', { count: BREAKS }, ASK_MS);
  const { untilFinallyMs } = await client.ask('breaks', { count: BREAKS }, ASK_MS);
  const ms = median(untilFinallyMs);
  const p99 = quantile(untilFinallyMs.toSorted(ascending), 0.99);
  const text = `break to finally: median ${ms.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (goal: median below 2 ms)`;
  return { text, isMet: ms < 2 };
}

/** Plain calls, alone and beside running streams of items of 64 KiB, in turns. */
async function latency({ client }: FigurePair, rounds: number): Promise<Figure> {
  const alone: number[] = [];
  const beside: number[] = [];
  const meanwhile: number[] = [];
  let items = 0;
  for (const streams of [0, STREAMS]) await client.ask('calls', { streams, ms: CALLS_MS }, ASK_MS);
  for (let round = 0; round < rounds; round++) {
    alone.push(...(await client.ask('calls', { streams: 0, ms: CALLS_MS }, ASK_MS)).latenciesMs);
    const answer = await client.ask('calls', { streams: STREAMS, ms: CALLS_MS }, ASK_MS);
    beside.push(...answer.latenciesMs);
    meanwhile.push(...answer.itemsMeanwhile);
    items += answer.items;
  }
  alone.sort(ascending);
  beside.sort(ascending);
  const ratio = quantile(beside, 0.99) / quantile(alone, 0.99);
  meanwhile.sort(ascending);
  const [few, many] = [0.5, 0.99].map((share) => quantile(meanwhile, share).toFixed(0));
  const rate = (items * 64 * 1_000) / (rounds * CALLS_MS) / 1_024;
  const text = [
    `plain calls alone:               ${described(alone)}`,
    `beside ${STREAMS} streams (${rate.toFixed(0)} MiB/s): ${described(beside)}`,
    `items that came during a call: p50 ${few}, p99 ${many}, which a busy machine changes less than the times`,
    `p99 ratio ${ratio.toFixed(2)} (goal: at most 2)`,
  ];
  return { text: text.join('\n'), isMet: ratio <= 2 };
}

/** 1 GiB through one stream to a reader that is slow. */
async function memory({ client, server }: FigurePair): Promise<Figure> {
  await client.ask('slow', { items: WARM_UP_ITEMS }, ASK_MS);
  const idle = { client: await settled(client), server: await settled(server) };
  let peak = idle.server;
  let isOver = false;
  const slow = client.ask('slow', { items: SLOW_ITEMS }, ASK_MS).finally(() => {
    isOver = true;
  });
  const watch = async (): Promise<void> => {
    while (!isOver) {
      peak = peakOf(peak, await server.ask('memory', {}, ASK_MS));
      await setTimeout(SAMPLE_MS);
    }
  };
  const [answer] = await Promise.all([slow, watch()]);
  const atClient = above(answer.peak, idle.client);
  const atServer = above(peak, idle.server);
  const text = [
    `${(answer.bytes / MIB).toFixed(0)} MiB through a slow reader in ${answer.seconds.toFixed(1)} s; memory above idle:`,
    `  client ${inMib(atClient.live)} live, ${inMib(atClient.rss)} resident with garbage`,
    `  server ${inMib(atServer.live)} live, ${inMib(atServer.rss)} resident with garbage (goal: at most 8 MiB live)`,
  ];
  return { text: text.join('\n'), isMet: Math.max(atClient.live, atServer.live) <= 8 * MIB };
}

async function settled(process: FigurePair['client']): Promise<Memory> {
  await process.ask('memory', {}, ASK_MS);
  return process.ask('memory', {}, ASK_MS);
}

function above(peak: Memory, idle: Memory): Memory {
  return { live: peak.live - idle.live, rss: peak.rss - idle.rss };
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function described(sorted: readonly number[]): string {
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(sorted, share).toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms, ${sorted.length} calls`;
}

function ascending(a: number, b: number): number {
  return a - b;
}
