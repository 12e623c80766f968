/** The package has no types of its own. */
declare module 'serialize-json/lib/encoder.js' {
  export default class JSONEncoder {
    encode(value: unknown): Buffer;
  }
}
