import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../architecture/house.js';
import type { Package } from '../support/frozen.js';
import { CONVERSATIONS } from './conversations.js';
import { steady } from './steady.js';
import type { End } from './tap.js';

/** A packet that is sent, without what varies: see steady.ts. */
export interface GoldenFrame {
  readonly step: string;
  readonly from: End;
  /** For those who read the file. */
  readonly head: string;
  readonly hex: string;
}

/** By conversation; each packet once, in the order of the steps. */
export type Golden = Readonly<Record<string, readonly GoldenFrame[]>>;

export const GOLDEN_FILE = join(ROOT, 'test/wire/golden.json');

/** Lets a package hold one of the conversations with itself, and returns what each end has sent. */
export async function framesOf(t: Pick<TestContext, 'after'>, name: string, pack: Package): Promise<GoldenFrame[]> {
  const hold = CONVERSATIONS[name];
  if (hold === undefined) throw new Error(`there is no conversation ${name}`);
  const { ends, frames } = await hold(t, pack);
  const steps = [...new Set(frames.map(({ step }) => step))];
  const sorted = steps.flatMap((step) =>
    ends.flatMap((end) => frames.filter((frame) => frame.step === step && frame.from === end)),
  );
  const golden = sorted.map(({ step, from, bytes }) => frameOf(step, from, withId(steady(bytes), ends)));
  const isSame = (one: GoldenFrame, other: GoldenFrame) => one.from === other.from && one.hex === other.hex;
  return golden.filter((frame, at) => golden.findIndex((other) => isSame(frame, other)) === at);
}

/** A stock peer counts its requests over all connections of its process: an answer to a stock peer gets the id 1. */
function withId(bytes: Buffer, ends: readonly End[]): Buffer {
  const isResponse = bytes.readUInt8(1) === 1;
  if (ends.length === 1 && isResponse) bytes.writeUInt32BE(1, 8);
  return bytes;
}

function frameOf(step: string, from: End, bytes: Buffer): GoldenFrame {
  const head = bytes.toString('utf8', 24, 24 + bytes.readUInt32BE(16));
  return { step, from, head, hex: bytes.toString('hex') };
}
