/** Work of the server's methods. One instance for the process and for the remote module that the server loads. */

/** Places of the scarce resource, and how long a call has one. */
export const PLACES = 16;
export const PLACE_MS = 10;

/** CPU time of a piece of work. Unit: us */
const BURN_US = 1_000;
const CALIBRATION_MS = 300;
const BLOCK = 10_000;

let steps = 0;
let state = 1;

/** `steps` of a generator of random numbers: the same work each time, without an allocation. */
function spin(count: number): void {
  let value = state;
  for (let step = 0; step < count; step++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  state = value;
}

export const units = {
  /** Methods that were started. */
  started: 0,
  burn: (): void => spin(steps),
};

/** Finds how much work takes a millisecond of this processor, whatever else the machine does. */
export function calibrate(): void {
  const cpuUs = (): number => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  spin(BLOCK); // compiled
  let done = 0;
  const begun = cpuUs();
  while (cpuUs() - begun < CALIBRATION_MS * 1_000) {
    spin(BLOCK);
    done += BLOCK;
  }
  steps = Math.round((done / (cpuUs() - begun)) * BURN_US);
}
