/** Items and returned value of a type that is a stream; `never` for all other types. */
export type StreamParts<Result> = 0 extends 1 & Result
  ? never
  : [Result] extends [never]
    ? never
    : Result extends AsyncGenerator<infer Item, infer Returned, infer _Sent>
      ? [item: Item, returned: Returned]
      : Result extends AsyncIterable<infer Item>
        ? [item: Item, returned: undefined]
        : Result extends ReadableStream<infer Item>
          ? [item: Item, returned: undefined]
          : never;
