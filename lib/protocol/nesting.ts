/**
 * Largest depth of a value: arrays, objects, Maps, Sets and Errors, one inside the other. Encoders and decoders of all codecs
 * have this limit, so whether a value travels depends neither on the stack of a process nor on the server that answers. The
 * deepest value takes up to 560 KB of Node's default stack of 984 KB, while V8 has not compiled the code yet.
 */
export const MAX_DEPTH = 1000;

/** Error of a decoder. */
export function tooDeep(): RangeError {
  return new RangeError(`a value is nested deeper than ${MAX_DEPTH} levels, which is the limit`);
}

/** True for the error that V8 throws where the call stack has no room left. V8 gives that error no code. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

/** Error of a decoder that runs where the process has nearly no stack left. */
export function noStack(): RangeError {
  return new RangeError('a nested value cannot be decoded here, since the call stack of this process is nearly full');
}
