import type { PayloadName } from './payload.js';

/** Peers that the repository has the code of. */
const OWN = ['mailstation', 'limit-raw', 'limit-json', 'limit-json-early'];
/** Peers of bench/package.json, by their names in `peers/`. */
const OTHERS = [
  ...['pinus-rpc', 'pomelo-rpc', 'cluster-client', 'rpc-websockets', 'birpc'],
  ...['capnweb', 'moleculer', 'moleculer-15', 'deepkit', 'nats', 'grpc-js', 'connect'],
];

/** Whether the peer needs packages that are not the project's. */
export function needsPackages(peer: string): boolean {
  return OTHERS.includes(peer);
}

/** The comparison with other packages. */
export const MAIN = {
  peers: [...OWN, ...OTHERS],
  rounds: 3,
  seconds: 1,
  warmUpSeconds: 0.7,
  scenarios: [
    { payload: 'small', inFlight: 1 },
    { payload: 'small', inFlight: 64 },
    { payload: 'small', inFlight: 512 },
    { payload: '10k', inFlight: 64 },
    { payload: 'cjk', inFlight: 64 },
    { payload: 'buffer', inFlight: 64 },
    { payload: 'mib', inFlight: 4 },
  ] satisfies readonly { readonly payload: PayloadName; readonly inFlight: number }[],
} as const;
