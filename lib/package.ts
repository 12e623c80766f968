/** Name and version of this package, as sent to peers. A test compares them with package.json. */
export const PACKAGE = { name: 'mailstation', version: '0.1.0' } as const;
