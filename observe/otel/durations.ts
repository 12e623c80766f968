import type { OtelHistogram, OtelMeterProvider } from './api.js';
import {
  ATTRIBUTE,
  CLIENT_DURATION,
  DURATION_BOUNDARIES,
  OK,
  SCHEMA_URL,
  SCOPE,
  SCOPE_VERSION,
  SERVER_DURATION,
  SYSTEM,
} from './conventions.js';
import type { ResolvedOptions } from './options.js';

type Histograms = { readonly client: OtelHistogram; readonly server: OtelHistogram };

/**
 * Histograms of the durations of calls. A histogram of a provider that was asked before the program registered its own stays without effect, so
 * that the provider is compared at each call.
 */
export class Durations {
  readonly #options: ResolvedOptions;
  #provider: OtelMeterProvider | undefined;
  #histograms: Histograms | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** `errorType`: undefined for a call that went well. */
  client(
    ms: number,
    method: string,
    code: string | undefined,
    errorType: string | undefined,
    serverType: string,
  ): void {
    const attributes = attributesOf(method, code, errorType);
    if (serverType !== '') attributes[ATTRIBUTE.serverAddress] = serverType;
    this.#current().client.record(ms / 1_000, attributes);
  }

  server(ms: number, method: string, code: string | undefined, errorType: string | undefined): void {
    this.#current().server.record(ms / 1_000, attributesOf(method, code, errorType));
  }

  #current(): Histograms {
    const provider = this.#options.meterProvider ?? this.#options.api.metrics.getMeterProvider();
    if (this.#histograms === undefined || provider !== this.#provider) {
      this.#provider = provider;
      this.#histograms = histogramsOf(provider);
    }
    return this.#histograms;
  }
}

function attributesOf(method: string, code = OK as string, errorType?: string): Record<string, string> {
  const attributes: Record<string, string> = {
    [ATTRIBUTE.system]: SYSTEM,
    [ATTRIBUTE.method]: method,
    [ATTRIBUTE.statusCode]: code,
  };
  if (errorType !== undefined) attributes[ATTRIBUTE.errorType] = errorType;
  return attributes;
}

function histogramsOf(provider: OtelMeterProvider): Histograms {
  const meter = provider.getMeter(SCOPE, SCOPE_VERSION, { schemaUrl: SCHEMA_URL });
  const make = ({ name, description }: { readonly name: string; readonly description: string }): OtelHistogram =>
    meter.createHistogram(name, {
      ...{ description, unit: 's' },
      advice: { explicitBucketBoundaries: [...DURATION_BOUNDARIES] },
    });
  return { client: make(CLIENT_DURATION), server: make(SERVER_DURATION) };
}
