/** The package has no types of its own. */
declare module 'serialize-json/lib/encoder.js' {
  export default class JSONEncoder {
    dictionary: { readonly floats: (number | string)[] };
    encode(value: unknown): Buffer;
    _buildNumberAst(value: number): object;
  }
}
