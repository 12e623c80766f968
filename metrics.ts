/// <reference types="node" preserve="true" />
/**
 * The entry `mailstation/metrics`: metrics of servers and clients for Prometheus, as text for any HTTP server, or in a given registry of the
 * package prom-client.
 */

export { createMetrics, type Metrics, type MetricsOptions, type MetricsText } from './observe/metrics/metrics.js';
export type { PromRegistry } from './observe/metrics/prom-client.js';
