/** With fewer places than this there is nothing to share: one caller may take them all. */
const MIN_SHARED = 4;
/** Last part of all places. A caller that has one may take only {@link SCARCE_SHARE} of all places while it reaches into this part. */
const SCARCE_PART = 0.1;
const SCARCE_SHARE = 0.001;

/**
 * True where a caller that has `own` of `total` places may take one more, while `taken` are in use. A caller may have at most
 * `share` of the places that are free or its own, and always one. Each further caller thereby finds a part of the rest free,
 * however many callers before it took all that they may. The last tenth is for small callers: at least a hundred connections
 * have to take what they may before it is used up, and a tenth of `total` where each holds a single place.
 */
export function mayTake(own: number, taken: number, total: number, share: number): boolean {
  const free = total - taken;
  if (free <= 0) return false;
  if (own <= 0 || share >= 1) return true;
  return own < Math.floor(free > total * SCARCE_PART ? (own + free) * share : total * SCARCE_SHARE);
}

/** The share that holds for a server: a server with few places does not divide them. */
export function sharedBy(total: number, share: number): number {
  return total < MIN_SHARED ? 1 : share;
}
