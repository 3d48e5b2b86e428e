/** The time that countdowns show: the server's, as far as it is known, moved on every ten seconds. */
export class Clock {
  /** Server clock minus device clock, ms. Devices may be hours off. */
  #offset = $state(0);
  #device = $state(Date.now());

  get now(): number {
    return this.#device + this.#offset;
  }

  set(serverNow: string): void {
    this.#offset = Date.parse(serverNow) - Date.now();
    this.#device = Date.now();
  }

  /** Call in a component; stops with it. */
  run(): () => void {
    const timer = setInterval(() => (this.#device = Date.now()), 10_000);
    return () => clearInterval(timer);
  }
}
