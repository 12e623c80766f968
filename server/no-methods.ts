/** The log line of a server that starts and has nothing to offer. */
export function noMethods(name: string): string {
  return `mailstation: ${name} has no methods, so every call to it fails: give the option paths or services`;
}
