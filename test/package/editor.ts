import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface Part {
  readonly text: string;
}

interface Signature {
  readonly prefixDisplayParts: readonly Part[];
  readonly separatorDisplayParts: readonly Part[];
  readonly suffixDisplayParts: readonly Part[];
  readonly parameters: readonly { readonly displayParts: readonly Part[] }[];
}

interface LanguageService {
  getSemanticDiagnostics(file: string): { readonly messageText: unknown }[];
  getQuickInfoAtPosition(
    file: string,
    at: number,
  ): { readonly displayParts?: readonly Part[]; readonly documentation?: readonly Part[] } | undefined;
  getSignatureHelpItems(
    file: string,
    at: number,
    options: object,
  ): { readonly items: readonly Signature[] } | undefined;
  getDefinitionAtPosition(
    file: string,
    at: number,
  ): readonly { readonly fileName: string; readonly textSpan: { readonly start: number } }[] | undefined;
}

/** The part of a compiler before version 7 that this file needs; version 7 has no such interface. */
export interface Compiler {
  readonly sys: object;
  readonly ModuleKind: { readonly NodeNext: number };
  readonly ScriptTarget: { readonly ES2022: number };
  readonly ScriptSnapshot: { fromString(text: string): unknown };
  createLanguageService(host: object): LanguageService;
  getDefaultLibFilePath(options: object): string;
}

/** The language service of a compiler, as an editor asks the service about one file. */
export class Editor {
  readonly #service: LanguageService;
  readonly #file: string;
  readonly #text: string;

  constructor(ts: Compiler, file: string) {
    this.#file = file;
    this.#text = readFileSync(file, 'utf8');
    const settings = { strict: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'] };
    this.#service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => true,
      getCompilationSettings: () => settings,
      getScriptFileNames: () => [file],
      getScriptVersion: () => '1',
      getScriptSnapshot: (name: string) =>
        existsSync(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined,
      getCurrentDirectory: () => dirname(file),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
    });
  }

  complaints(): unknown[] {
    return this.#service.getSemanticDiagnostics(this.#file).map(({ messageText }) => messageText);
  }

  /** Text and doc comment over the method of the first `call`, written as `object.method(`. */
  hover(call: string): { text: string; documentation: string } {
    const info = this.#service.getQuickInfoAtPosition(this.#file, this.#methodOf(call));
    return { text: textOf(info?.displayParts), documentation: textOf(info?.documentation) };
  }

  /** Signatures that are offered behind the opening bracket of the first `call`. */
  signatures(call: string): string[] {
    const behind = this.#text.indexOf(call) + call.length;
    const help = this.#service.getSignatureHelpItems(this.#file, behind, {});
    return (help?.items ?? []).map(
      ({ prefixDisplayParts, separatorDisplayParts, suffixDisplayParts, parameters }) =>
        textOf(prefixDisplayParts) +
        parameters.map(({ displayParts }) => textOf(displayParts)).join(textOf(separatorDisplayParts)) +
        textOf(suffixDisplayParts),
    );
  }

  /** Source from each place that "go to definition" leads to. */
  definitions(call: string): string[] {
    const places = this.#service.getDefinitionAtPosition(this.#file, this.#methodOf(call)) ?? [];
    return places.map(({ fileName, textSpan }) => readFileSync(fileName, 'utf8').slice(textSpan.start));
  }

  #methodOf(call: string): number {
    const at = this.#text.indexOf(call);
    if (at < 0) throw new Error(`${this.#file} has no ${call}`);
    return at + call.indexOf('.') + 1;
  }
}

function textOf(parts: readonly Part[] = []): string {
  return parts.map(({ text }) => text).join('');
}
