/**
 * Loaded into every process that {@link spawnProcess} starts: when the test's process dies without cleaning up (the
 * runner kills a file that takes too long), this one does not live on. A closed IPC channel would say so sooner, but
 * listening for that keeps a process alive which has nothing left to do, and a test may want to see it end.
 */
const POLL_INTERVAL_MS = 250;
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, POLL_INTERVAL_MS).unref();

export {};
