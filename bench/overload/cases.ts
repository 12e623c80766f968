import type { ClientOptions, ServerOptions } from 'mailstation';
import type { Work } from './host-protocol.js';

/** Time that each call has. Unit: ms */
export const DEADLINE_MS = 1_000;

/** One run: what a call does, and the bounds of both ends. */
export interface Case {
  readonly name: string;
  readonly work: Work;
  readonly server: Partial<ServerOptions>;
  readonly client: ClientOptions;
}

/** Bounds for a server that can do some thousand calls a second, and a deadline of a second. */
export const CASES: readonly Case[] = [
  { name: 'burn, defaults', work: 'burn', server: {}, client: {} },
  { name: 'burn, maxEventLoopLag: 50', work: 'burn', server: { maxEventLoopLag: 50 }, client: {} },
  {
    name: 'burn, maxInFlight: 16 and pendingSize: 16 of each client',
    work: 'burn',
    server: {},
    client: { maxInFlight: 16, pendingSize: 16 },
  },
  { name: 'hold, defaults', work: 'hold', server: {}, client: {} },
  {
    name: 'hold, maxConcurrent: 16 and maxQueued: 160',
    work: 'hold',
    server: { maxConcurrent: 16, maxQueued: 160 },
    client: {},
  },
];
