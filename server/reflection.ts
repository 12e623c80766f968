import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { describeMethod, type MethodDescription } from '../lib/service/describe-method.js';
import { docComments } from '../lib/service/doc-comments.js';
import { sourceOf } from '../lib/service/functions.js';
import type { ServedModule, ServiceRegistry } from '../lib/service/service-registry.js';
import { type PageRequest, pageOf } from './name-page.js';

/** Methods of a server, as `$mailstation.reflection.describe` answers. Later versions may add fields. */
export interface ReflectionReport {
  /** Form of the report. */
  readonly format: 1;
  /** In the order of the names. */
  readonly methods: readonly MethodDescription[];
  /** Argument `after` of the next question; absent where this is the last page. */
  readonly next?: string;
}

type Docs = ReadonlyMap<string, string>;

/** Sources that are longer hold no comments for us. Bytes */
const MAX_SOURCE = 2 * 1024 * 1024;
const NO_DOCS: Docs = new Map();
/** Estimate of the bytes of a description beside its texts. */
const ENTRY_BYTES = 100;

/** Describes the methods of a server, with doc comments of the files that the modules came from. */
export class Reflection {
  readonly #services: ServiceRegistry;
  /** Comments by file, with the time of the file's last change. */
  readonly #files = new Map<string, { readonly changed: number; readonly docs: Docs }>();

  constructor(services: ServiceRegistry) {
    this.#services = services;
  }

  /** Throws {@link RpcCode.InvalidArgument} where the request is out of shape. */
  async describe(request?: PageRequest): Promise<ReflectionReport> {
    const docs = new Map<string, string | undefined>();
    for (const module of this.#services.modules) {
      const found = await this.#docsOf(module);
      for (const [method, { name }] of module.methods) docs.set(name, found.get(method));
    }
    const make = (name: string): MethodDescription | undefined => {
      const method = this.#services.lookup(name);
      return method && describeMethod(method, docs.get(name));
    };
    const { entries, next } = pageOf([...docs.keys()], request, make, sizeOf);
    return { format: 1, methods: entries, ...(next !== undefined && { next }) };
  }

  /** Comments within the source of a module's class, and in the file of the module. */
  async #docsOf({ file, instance }: ServedModule): Promise<Docs> {
    const inFile = isAbsolute(file) ? await this.#docsIn(file) : NO_DOCS;
    const maker: unknown = instance.constructor;
    if (typeof maker !== 'function' || maker === Object) return inFile;
    return new Map([...inFile, ...docComments(sourceOf(maker as () => unknown))]);
  }

  async #docsIn(file: string): Promise<Docs> {
    try {
      const { mtimeMs, size } = await stat(file);
      const known = this.#files.get(file);
      if (known?.changed === mtimeMs) return known.docs;
      const docs = size > MAX_SOURCE ? NO_DOCS : docComments(await readFile(file, 'utf8'));
      this.#files.set(file, { changed: mtimeMs, docs });
      return docs;
    } catch {
      return NO_DOCS; // a file that is gone has no comments, and its methods are served all the same
    }
  }
}

function sizeOf({ name, doc, parameters, args, returns }: MethodDescription): number {
  const schemas = [args, returns].map((schema) => (schema === undefined ? 0 : JSON.stringify(schema).length));
  const names = (parameters ?? []).reduce((sum, parameter) => sum + parameter.name.length + 30, 0);
  return ENTRY_BYTES + 2 * name.length + (doc?.length ?? 0) + names + schemas.reduce((sum, each) => sum + each, 0);
}
