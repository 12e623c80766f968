import { parseArgs } from 'node:util';
import { BASELINE } from './goals.js';
import { MAIN } from './main-suite.js';
import { PAYLOADS, type PayloadName } from './payload.js';
import type { Side } from './peer-pair.js';
import type { RoundSettings, Scenario } from './scenario.js';

export const USAGE = `usage: npm run bench -- [quick] [options]

  quick              the default: every --in-flight with every --payload; about 75 seconds
  main               the comparison with other packages: every peer of --peers, small with 1, 64 and 512 in flight, the
                     other payloads with 64, 1 MiB with 4; 3 rounds; under 15 minutes. The packages are installed once
  --peers a,b        peers to measure, by their names in bench/peers  (limit-json,limit-json-early,mailstation)
                     limit-json is always among them: every ratio is to it
  --in-flight 1,64   calls in flight                                  (1,64,512)
  --payload a,b      small, 10k, cjk, buffer, mib                      (small,10k)
  --rounds n         rounds a peer and scenario                       (9)
  --seconds n        length of a round                                (0.35)
  --warm-up n        seconds before the first round, not measured     (0.6)
  --no-pin           let the scheduler place client and server; by default each is kept on a core of its own,
                     where that is possible (Linux, taskset)
  --json             the result as JSON on stdout

  --against path     compare this build with another one, a tarball or the folder of a built package: rounds of both
                     in turn, and of this build once more, which shows how much of a difference is noise;
                     small with 1, 64 and 512 in flight and 10k with 64, 20 rounds of 0.5 s; about 4 minutes

  --profile peer     run this peer alone under --cpu-prof: one --in-flight (64), one --payload (small),
                     one round of --seconds (5); says where the profiles are and what the time went to
  --side name        whose profile: client, server or both            (both)
`;

/** A command line that makes no sense; the message says what was wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'compare';
      readonly peers: readonly string[];
      readonly scenarios: readonly Scenario[];
      readonly settings: Omit<RoundSettings, 'cores'>;
      readonly pin: boolean;
      readonly json: boolean;
    }
  | {
      readonly kind: 'against';
      /** A path, as given. */
      readonly build: string;
      readonly scenarios: readonly Scenario[];
      readonly settings: Omit<RoundSettings, 'cores'>;
      readonly pin: boolean;
      readonly json: boolean;
    }
  | {
      readonly kind: 'profile';
      readonly peer: string;
      readonly sides: readonly Side[];
      readonly scenario: Scenario;
      readonly seconds: number;
      readonly warmUpSeconds: number;
      readonly pin: boolean;
    };

const QUICK = {
  peers: [BASELINE, 'limit-json-early', 'mailstation'],
  inFlight: [1, 64, 512],
  payload: ['small', '10k'],
  // Rather many short rounds than few long ones: two peers are compared within the same second or two, and a bad
  // second spoils one round of nine.
  rounds: 9,
  seconds: 0.35,
  warmUpSeconds: 0.6,
} as const;

/** The scenarios that a change of the hot path is judged by. */
const AGAINST_SCENARIOS: readonly Scenario[] = [
  { payload: 'small', inFlight: 1 },
  { payload: 'small', inFlight: 64 },
  { payload: 'small', inFlight: 512 },
  { payload: '10k', inFlight: 64 },
];
const AGAINST = { ...QUICK, rounds: 20, seconds: 0.5 } as const;

const PROFILE = { inFlight: [64], payload: ['small'], seconds: 5 } as const;

const MAX_IN_FLIGHT = 100_000;
const MAX_ROUNDS = 1_000;
const MAX_SECONDS = 3_600;

/** @throws UsageError */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  const [suite = 'quick', ...rest] = positionals;
  if ((suite !== 'quick' && suite !== 'main') || rest.length > 0)
    throw new UsageError(`unknown: ${positionals.join(' ')}`);

  const pin = values['no-pin'] !== true;
  const isProfile = values.profile !== undefined;
  const isAgainst = values.against !== undefined;
  if (isAgainst && isProfile) throw new UsageError('--against does not go with --profile');
  const isMain = suite === 'main';
  if (isMain && (isAgainst || isProfile)) throw new UsageError('main goes with neither --against nor --profile');
  const base = isMain ? { ...QUICK, ...MAIN } : QUICK;
  const defaults = isProfile ? PROFILE : isAgainst ? AGAINST : base;
  const seconds = number('--seconds', values.seconds, defaults.seconds);
  const warmUpSeconds = number('--warm-up', values['warm-up'], base.warmUpSeconds);
  const payloads = list(values.payload, defaults.payload).map(payloadName);
  const inFlights = list(values['in-flight'], defaults.inFlight.map(String)).map((text) =>
    integer('--in-flight', text, MAX_IN_FLIGHT),
  );
  const scenarios = payloads.flatMap((payload) => inFlights.map((inFlight) => ({ payload, inFlight })));

  if (isProfile) {
    const [scenario] = scenarios;
    if (scenario === undefined || scenarios.length > 1) {
      throw new UsageError('--profile takes one --in-flight and one --payload');
    }
    const sides = sidesOf(values.side ?? 'both');
    return { kind: 'profile', peer: values.profile ?? '', sides, scenario, seconds, warmUpSeconds, pin };
  }
  if (values.side !== undefined) throw new UsageError('--side goes with --profile');
  const isChosen = values.payload !== undefined || values['in-flight'] !== undefined;
  const rounds = integer('--rounds', values.rounds ?? String((isAgainst ? AGAINST : base).rounds), MAX_ROUNDS);
  const json = values.json ?? false;
  if (isAgainst) {
    if (values.peers !== undefined) throw new UsageError('--peers does not go with --against');
    const build = values.against ?? '';
    if (build === '') throw new UsageError('--against takes a path');
    const settings = { rounds, seconds, warmUpSeconds };
    return { kind: 'against', build, scenarios: isChosen ? scenarios : AGAINST_SCENARIOS, settings, pin, json };
  }
  return {
    kind: 'compare',
    peers: [...new Set([BASELINE, ...list(values.peers, base.peers)])],
    scenarios: isMain && !isChosen ? MAIN.scenarios : scenarios,
    settings: { rounds, seconds, warmUpSeconds },
    pin,
    json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peers: { type: 'string' },
        'in-flight': { type: 'string' },
        payload: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        'no-pin': { type: 'boolean' },
        json: { type: 'boolean' },
        against: { type: 'string' },
        profile: { type: 'string' },
        side: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function list(text: string | undefined, fallback: readonly string[]): readonly string[] {
  return text === undefined ? fallback : text.split(',').map((item) => item.trim());
}

function payloadName(text: string): PayloadName {
  if (Object.hasOwn(PAYLOADS, text)) return text as PayloadName;
  throw new UsageError(`--payload knows ${Object.keys(PAYLOADS).join(' and ')}, not '${text}'`);
}

function sidesOf(text: string): readonly Side[] {
  if (text === 'both') return ['client', 'server'];
  if (text === 'client' || text === 'server') return [text];
  throw new UsageError(`--side knows client, server and both, not '${text}'`);
}

function integer(option: string, text: string, max: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`${option} takes integers from 1 to ${max}, not '${text}'`);
}

function number(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text !== '' && value > 0 && value <= MAX_SECONDS) return value;
  throw new UsageError(`${option} takes a number over 0 and up to ${MAX_SECONDS}, not '${text}'`);
}
