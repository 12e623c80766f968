/** Settings of TLS for a dial. A page has none: its browser verifies the server. */
export type ClientTls = never;
