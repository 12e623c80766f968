import { setTimeout } from 'node:timers/promises';

/** Takes some time, so that calls are in the middle of their work when their server is told to stop. */
export const place = async (number) => {
  await setTimeout(20);
  return number;
};
