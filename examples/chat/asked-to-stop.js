/** Resolves when main.js asks this process to stop, or has ended itself. */
export function askedToStop() {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('disconnect', resolve);
  });
}

/** Lets this process end, which the channel to main.js has kept alive. */
export function letEnd() {
  if (process.connected) process.disconnect();
}
