/** Rejects with an error of a failed call. Only V8 could lead its stack to the function that awaits the call. */
export function rejectAtCaller(error: Error): Promise<never> {
  return Promise.reject(error);
}
