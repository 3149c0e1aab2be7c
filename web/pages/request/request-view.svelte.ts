import type { RequestPage } from '../../../server/contract/request.ts'
import { Refusal } from '../../lib/api.ts'
import { clock } from '../../lib/clock.svelte.ts'
import { waiting } from '../../lib/waiting.svelte.ts'

/** What the portal answers when the reader acted on something older than what is true. */
const STALE = ['version_changed', 'request_closed', 'already_decided', 'grant_ended']

/**
 * One request as its page shows it: read, followed, acted upon.
 * What is typed is kept here, so that no newer state of the request takes it away.
 */
export class RequestView {
  page = $state.raw<RequestPage>()
  /** Why there is no page, or no newer one. */
  error = $state.raw<unknown>()
  loading = $state(false)
  /** What is being sent; nothing else can be meanwhile. */
  sending = $state<string>()
  /** Why the last action did not work. */
  failure = $state.raw<unknown>()
  /** What changed under the reader's hands. */
  notice = $state('')
  comment = $state('')
  typedName = $state('')

  #fetch: () => Promise<RequestPage>
  #latest = 0

  constructor(fetch: () => Promise<RequestPage>) {
    this.#fetch = fetch
    void this.load()
  }

  load = async () => {
    const call = ++this.#latest
    this.loading = true
    try {
      const page = await this.#fetch()
      if (call === this.#latest) this.#take(page)
    } catch (error) {
      if (call === this.#latest) this.error = error
    } finally {
      if (call === this.#latest) this.loading = false
    }
  }

  /** Sends one thing at a time. Says whether it was done; if what was seen is no longer so, shows what is. */
  act = async (name: string, send: () => Promise<RequestPage>): Promise<boolean> => {
    if (this.sending) return false
    this.sending = name
    this.failure = undefined
    this.notice = ''
    try {
      const page = await send()
      // An answer that was asked for before knows nothing of this
      this.#latest++
      this.loading = false
      this.#take(page)
      this.notice = ''
      this.comment = ''
      this.typedName = ''
      void waiting.load()
      return true
    } catch (error) {
      if (!isStale(error)) this.failure = error
      else {
        await this.load()
        this.typedName = ''
        this.notice = `${error.message} This is how it is now; nothing that you sent was counted.`
      }
      return false
    } finally {
      this.sending = undefined
    }
  }

  /** Reads it again when time alone changes it: a start, an end, a lapse. Returns the function that stops it. */
  watch = () =>
    clock.watch((now) => {
      const page = this.page
      if (!page || this.loading) return
      const seen = Date.parse(page.now)
      const { lapsesAt, state, grant } = page.request
      const turns = [state === 'pending' && lapsesAt, grant?.startsAt, grant?.endsAt]
      const isDue = (turn: string) => Date.parse(turn) > seen && Date.parse(turn) < now
      if (turns.some((turn) => turn && isDue(turn))) void this.load()
    })

  #take(page: RequestPage) {
    const before = this.page
    this.page = page
    this.error = undefined
    const isOther = before && before.version !== page.version
    if (!isOther || page.request.state !== 'pending') return
    this.typedName = ''
    this.notice = 'The access rule changed while you looked. Look at the request again.'
  }
}

function isStale(error: unknown): error is Refusal {
  return error instanceof Refusal && STALE.includes(error.problem.reason ?? '')
}
