/** Promise of a call that its caller may leave alone. In a page, only calls of proxies that do not exist are such calls. */
export const UnusedPromise = {
  of<T, E>(promise: Promise<T>, onUnusedFailure: (error: E) => void): Promise<T> {
    promise.catch(onUnusedFailure);
    return promise;
  },
};
