import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { EtcdNode } from './etcd-node.js';

/** The engine declares a connection dead when an answer is late by some seconds; a stall of a part of that explains a late answer. Unit: ms */
const STALL_MS = 500;
/** Lines that etcd logs when its own work was late. */
const ETCD_IS_LATE = /took too long|overloaded|slow fdatasync|waiting for ReadIndex response/;

/** Evidence that this process or etcd got no time to run, from when the object was made. */
export class Starvation {
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });
  readonly #node: EtcdNode;
  readonly #logged: number;

  constructor(node: EtcdNode) {
    this.#node = node;
    this.#logged = node.log.length;
    this.#lag.enable();
  }

  stop(): void {
    this.#lag.disable();
  }

  /** The evidence in words; undefined where there is none. */
  evidence(): string | undefined {
    const stall = this.#lag.max / 1e6;
    if (stall > STALL_MS) return `this process stood still for ${Math.round(stall)} ms`;
    const late = ETCD_IS_LATE.exec(this.#node.log.slice(this.#logged));
    return late === null ? undefined : `etcd logged "${late[0]}"`;
  }
}
