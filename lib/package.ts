/** What this package calls itself toward others; package.json says the same, which a test holds. */
export const PACKAGE = { name: 'mailstation', version: '0.1.0' } as const;
