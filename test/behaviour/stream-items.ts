/** Body of a frame of items in json. A text stands for itself, so that it need not be json. `first`: number of the first item. */
export function itemsBody(first: number, ...values: readonly unknown[]): Buffer {
  const parts = values.map((value) => {
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const head = Buffer.alloc(8);
  head.writeUInt32BE(first, 4);
  return Buffer.concat([head, ...parts]);
}
