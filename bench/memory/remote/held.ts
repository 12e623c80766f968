let holding = 0;
/** The remote service of the memory figures. */

export const held = {
  echo(value: unknown): unknown {
    return value;
  },
  /** Never answers. */
  hold(): Promise<never> {
    holding++;
    return new Promise(() => {});
  },
  /** Number of calls that have come to `hold`. */
  count(): number {
    return holding;
  },
};
