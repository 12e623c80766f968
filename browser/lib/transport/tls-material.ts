/** Certificates and keys of this end. A page has none. */
export type TlsMaterial = never;
