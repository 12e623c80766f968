/** A part of a run, with calls that are due at a rate. */
export interface Phase {
  readonly name: 'before' | 'overload' | 'after';
  /** Calls a second. */
  readonly rate: number;
  readonly seconds: number;
}
