import type { AccessRequest, Requests, RequestsWish } from '../../../server/contract/request.ts'
import { announcer } from '../../lib/announcer.svelte.ts'
import { plural } from '../../lib/format.ts'

/** The requests that were fetched so far, newest first; older ones are added page by page. */
export class RequestList {
  requests = $state.raw<AccessRequest[]>([])
  error = $state.raw<unknown>()
  loading = $state(false)
  /** Whether the requests are those that were wished for last. */
  ready = $state(false)
  #next = $state<string | null>(null)
  #pages = 1
  #latest = 0
  #wish: RequestsWish = {}
  #fetch: (wish: RequestsWish) => Promise<Requests>
  hasOlder = $derived(this.#next !== null)

  constructor(fetch: (wish: RequestsWish) => Promise<Requests>) {
    this.#fetch = fetch
  }

  /** Starts over with another wish; what another view showed is gone at once, what a search showed stays until its answer. */
  show = (wish: RequestsWish) => {
    if (wish.view !== this.#wish.view) {
      this.requests = []
      this.ready = false
    }
    this.#wish = wish
    this.#pages = 1
    return this.refresh()
  }

  /** Reads again as many pages as are shown. */
  refresh = () =>
    this.#load(async () => {
      let requests: AccessRequest[] = []
      let next: string | null = null
      for (let page = 0; page < this.#pages && (page === 0 || next); page++) {
        const answer: Requests = await this.#fetch(
          next ? { ...this.#wish, before: next } : this.#wish,
        )
        requests = [...requests, ...answer.requests]
        next = answer.next
      }
      return { requests, next }
    })

  older = async () => {
    const before = this.#next
    if (before === null || this.loading) return
    const known = this.requests
    const done = await this.#load(async () => {
      const { requests, next } = await this.#fetch({ ...this.#wish, before })
      return { requests: [...known, ...requests], next }
    })
    if (!done) return
    this.#pages++
    announcer.say(`${plural(this.requests.length - known.length, 'older request')} added.`)
  }

  async #load(fetch: () => Promise<Pick<Requests, 'requests' | 'next'>>): Promise<boolean> {
    const call = ++this.#latest
    this.loading = true
    try {
      const { requests, next } = await fetch()
      if (call !== this.#latest) return false // A later one has overtaken this
      this.requests = requests
      this.#next = next
      this.ready = true
      this.error = undefined
      return true
    } catch (error) {
      if (call === this.#latest) this.error = error
      return false
    } finally {
      if (call === this.#latest) this.loading = false
    }
  }
}
