import type { Values } from './host-protocol.js';

/** One size of what grows. */
export interface Step {
  readonly size: number;
  readonly servers: number;
  /** Processes that call, each with so many clients. */
  readonly processes: number;
  readonly clients: number;
  /** Calls in flight of each process that calls. */
  readonly inFlight: number;
  readonly values: Values;
  /** Calls that wait at the server meanwhile. */
  readonly waiting: number;
}

export interface Series {
  readonly name: string;
  readonly title: string;
  /** Heading of the sizes. */
  readonly unit: string;
  /** Names of the contestants: files in `ends/`. The first is ours. */
  readonly kinds: readonly string[];
  readonly steps: readonly Step[];
}

const OBJECT: Values = { form: 'object' };
const ONE = { servers: 1, processes: 1, clients: 1, values: OBJECT, waiting: 0 } as const;

const PAYLOADS = [16, 256, 4_096, 65_536, 1_048_576];
/** Fewer than the 16 MiB that may be queued for a connection, with the largest payload. */
const PAYLOAD_IN_FLIGHT = 8;

function payloads(form: 'text' | 'bytes'): Step[] {
  return PAYLOADS.map((bytes) => ({ ...ONE, size: bytes, inFlight: PAYLOAD_IN_FLIGHT, values: { form, bytes } }));
}

export const SERIES: readonly Series[] = [
  {
    name: 'bytes',
    title: `size of the payload, as bytes; ${PAYLOAD_IN_FLIGHT} calls in flight`,
    unit: 'bytes',
    kinds: ['mailstation', 'limit-raw'],
    steps: payloads('bytes'),
  },
  {
    name: 'text',
    title: `size of the payload, as ASCII text; ${PAYLOAD_IN_FLIGHT} calls in flight`,
    unit: 'bytes',
    kinds: ['mailstation', 'limit-json'],
    steps: payloads('text'),
  },
  {
    name: 'servers',
    title: 'servers, which one client calls in turn; 256 small calls in flight over all of them',
    unit: 'servers',
    kinds: ['mailstation', 'limit-json'],
    steps: [1, 2, 4, 8, 16].map((servers) => ({ ...ONE, size: servers, servers, inFlight: 256 })),
  },
  {
    name: 'waiting',
    title: 'calls of the connection that wait for their answers, beside 64 small calls in flight',
    unit: 'waiting',
    kinds: ['mailstation'],
    steps: [1, 100, 10_000, 100_000].map((waiting) => ({ ...ONE, size: waiting, waiting, inFlight: 64 })),
  },
  {
    name: 'clients',
    title: 'clients of one process, each with a connection to one server; 1,000 small calls in flight over all of them',
    unit: 'clients',
    kinds: ['mailstation', 'limit-json'],
    steps: [1, 10, 100, 1_000].map((clients) => ({ ...ONE, size: clients, clients, inFlight: 1_000 })),
  },
  {
    name: 'processes',
    title: 'processes that call one server, each with 64 small calls in flight',
    unit: 'processes',
    kinds: ['mailstation', 'limit-json'],
    steps: [1, 4, 16].map((processes) => ({ ...ONE, size: processes, processes, inFlight: 64 })),
  },
];
