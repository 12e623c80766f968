/** A weight written as text stands for its number, as `"weight": "3"` does. Other values stay as they are. */
export function weightOfDigits(weight: unknown): unknown {
  return typeof weight === 'string' && /^\d+(\.\d+)?$/.test(weight) ? Number(weight) : weight;
}

/** A port written as text stands for its number: configurations for pomelo and the environment have ports as text. Other values stay as they are. */
export function portOfDigits(port: unknown): unknown {
  return typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
}

/** An id written as a number stands for its text: configurations for pomelo number their servers. */
export function idOfNumber(id: unknown): unknown {
  return typeof id === 'number' && Number.isFinite(id) ? String(id) : id;
}
