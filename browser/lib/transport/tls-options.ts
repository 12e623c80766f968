/** Options of TLS. A page has none: its browser verifies the server. */
export type TlsOptions = never;
