import type { Changed } from '../../server/contract/live.ts'
import { session } from './session.svelte.ts'

type Wish = {
  /** Reads again what is shown. */
  load: () => Promise<unknown>
  /** How often to ask while the portal does not say, in ms. */
  every: number
  /** Whether a change of this request may change what is shown; all do unless said. */
  concerns?: (request: string) => boolean
  /** Whether the last read failed: then it is tried again, whatever the portal says. */
  failed?: () => boolean
}
type Follower = Wish & { due: number; running: boolean; again: boolean }

const TICK = 1_000
/** After how long a stream that the portal refused is asked for again, in ms. */
const RETRY = 60_000

/**
 * What is shown follows the portal: by its stream of changes, or by asking now and then while there is none.
 * A page that nobody sees neither listens nor asks, and catches up when it is seen again.
 */
export class Live {
  /** Whether the portal says by itself what changes. */
  connected = $state(false)
  #open: () => EventSource
  #isAway: () => boolean
  #source: EventSource | undefined
  #retryAt = 0
  #followers = new Set<Follower>()

  constructor(open: () => EventSource, isAway: () => boolean) {
    this.#open = open
    this.#isAway = isAway
  }

  /** Once for the whole page. Returns the function that stops it. */
  start = () => {
    const timer = setInterval(this.#tick, TICK)
    document.addEventListener('visibilitychange', this.#see)
    addEventListener('online', this.#see)
    this.#connect()
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', this.#see)
      removeEventListener('online', this.#see)
      this.#close()
    }
  }

  /** Reads again at each change, until the returned function is called. */
  follow = (wish: Wish) => {
    const follower = { ...wish, due: Date.now() + wish.every, running: false, again: false }
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  #connect() {
    if (this.#source || this.#isAway() || Date.now() < this.#retryAt) return
    let source: EventSource
    try {
      source = this.#open()
    } catch {
      this.#retryAt = Number.POSITIVE_INFINITY // This browser has none
      return
    }
    this.#source = source
    // Between what was read before and now, something may have been missed
    source.addEventListener('hello', () => {
      this.connected = true
      this.#readAll()
    })
    source.addEventListener('missed', () => this.#readAll())
    source.addEventListener('change', (event) => this.#changed(String(event.data)))
    // The next answer says that nobody is signed in
    source.addEventListener('over', () => {
      this.#close()
      this.#readAll()
    })
    source.addEventListener('error', () => {
      this.connected = false
      // A stream that broke is opened again by the browser, one that was refused is not
      if (source.readyState !== 2) return
      this.#close()
      this.#retryAt = Date.now() + RETRY
    })
  }

  #close() {
    this.#source?.close()
    this.#source = undefined
    this.connected = false
  }

  #changed(data: string) {
    const { request } = JSON.parse(data) as Changed
    for (const follower of this.#followers)
      if (follower.concerns?.(request) ?? true) void this.#read(follower)
  }

  #readAll() {
    for (const follower of this.#followers) void this.#read(follower)
  }

  /** One read at a time: what comes meanwhile is one more afterwards, however much it is. */
  async #read(follower: Follower) {
    follower.again = follower.running
    if (follower.running) return
    follower.running = true
    try {
      await follower.load()
    } finally {
      follower.running = false
      follower.due = Date.now() + follower.every
      if (follower.again && !this.#isAway()) void this.#read(follower)
    }
  }

  #tick = () => {
    if (this.#isAway()) return
    this.#connect()
    for (const follower of this.#followers) {
      const asks = !this.connected || follower.failed?.()
      if (asks && Date.now() >= follower.due) void this.#read(follower)
    }
  }

  #see = () => {
    if (this.#isAway()) return this.#close()
    // If no stream says hello before the next tick, everything is asked for then
    for (const follower of this.#followers) follower.due = 0
    this.#retryAt = Math.min(this.#retryAt, Date.now())
    this.#connect()
  }
}

export const live = new Live(
  () => new EventSource('/api/live'),
  () => document.hidden || session.gone,
)
