/** A page writes at the end of the tick: its calls are few. */
export class EarlyFlush {
  constructor(_relays?: boolean) {}

  isDue(_waiting: number): boolean {
    return false;
  }

  wrote(_frames: number): void {}
  tickEnded(): void {}
}
