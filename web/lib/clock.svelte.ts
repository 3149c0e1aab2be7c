/**
 * The server's clock as this page knows it, in milliseconds since 1970.
 * Every countdown follows it, so a laptop whose clock is wrong shows the true time left.
 */
export class Clock {
  now = $state(0)
  /** Milliseconds by which this computer is ahead of the server. */
  ahead = $state(0)
  #read: () => number
  #listeners = new Set<(now: number) => void>()

  constructor(read: () => number = Date.now) {
    this.#read = read
    this.now = read()
  }

  /** Takes the `now` of an answer that has just arrived. */
  sync(instant: string) {
    const server = Date.parse(instant)
    if (Number.isNaN(server)) return
    this.ahead = this.#read() - server
    this.tick()
  }

  tick = () => {
    this.now = this.#read() - this.ahead
    for (const listener of this.#listeners) listener(this.now)
  }

  /** Calls back at each tick until the returned function is called. */
  watch(listener: (now: number) => void) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One interval for the whole page. A hidden tab is slowed down by the browser, so it catches up when it is seen. */
  start() {
    setInterval(this.tick, 1000)
    document.addEventListener('visibilitychange', this.tick)
  }
}

export const clock = new Clock()
