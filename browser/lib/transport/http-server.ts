/** An HTTP server of the program. A page has none. */
export type HttpServer = never;
