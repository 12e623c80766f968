import type { Side } from './peer-pair.js';

/** Bytes that each end allocates for a call. */
export type BytesPerCall = Readonly<Record<Side, number>>;

/** By scenario: `1 in flight`. */
export type HeapFigures = Readonly<Record<string, BytesPerCall>>;

/** By major version of Node, since each V8 has its own layout of objects and its own optimizations. */
export type HeapFiguresByNode = Readonly<Record<string, HeapFigures>>;

/** A figure may be so much above the one in the repository, as a share of it and in bytes. The smaller bound holds. */
export const BOUND = { share: 0.03, bytes: 24 } as const;

export interface HeapFinding {
  readonly scenario: string;
  readonly side: Side;
  readonly measured: number;
  /** Undefined where the repository has no figure. */
  readonly expected: number | undefined;
  readonly verdict: 'within' | 'above' | 'below' | 'unknown';
}

/** Compares what was measured with what the repository says. Only `above` is a failure. */
export function judge(measured: HeapFigures, expected: HeapFigures | undefined): HeapFinding[] {
  return Object.entries(measured).flatMap(([scenario, bytes]) =>
    (['client', 'server'] as const).map((side) => {
      const known = expected?.[scenario]?.[side];
      return { scenario, side, measured: bytes[side], expected: known, verdict: verdictOn(bytes[side], known) };
    }),
  );
}

function verdictOn(measured: number, expected: number | undefined): HeapFinding['verdict'] {
  if (expected === undefined) return 'unknown';
  const room = Math.min(expected * BOUND.share, BOUND.bytes);
  if (measured > expected + room) return 'above';
  return measured < expected - room ? 'below' : 'within';
}

const MEANING: Readonly<Record<HeapFinding['verdict'], string>> = {
  within: '',
  above: 'TOO MUCH: a call allocates more than it did',
  below: 'less than before: keep the gain with --write',
  unknown: 'no figure for this Node in the repository: --write adds one',
};

export function formatFinding({ scenario, side, measured, expected, verdict }: HeapFinding): string {
  const difference = expected === undefined ? '' : signed(measured - expected);
  return [
    `  ${scenario.padEnd(14)} ${side}`,
    measured.toFixed(0).padStart(7),
    (expected?.toFixed(0) ?? '-').padStart(10),
    `${difference.padStart(8)}   ${MEANING[verdict]}`,
  ]
    .join('')
    .trimEnd();
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(0)}`;
}
