import type { AuditEntry, AuditHistogram, AuditPage } from '../../../server/contract/audit.ts'
import { announcer } from '../../lib/announcer.svelte.ts'
import { plural } from '../../lib/format.ts'
import { type AuditWish, filterOf, isSameFilter } from './wish.ts'

type Sources = {
  events: (query: string) => Promise<AuditPage>
  histogram: (query: string) => Promise<AuditHistogram>
}
type Shown = Pick<AuditPage, 'entries' | 'next' | 'people'>

/**
 * What the page shows of the log: the list, page by page, and the bars above it.
 * Both are asked with the same filter, so that they tell of the same events.
 */
export class AuditView {
  entries = $state.raw<AuditEntry[]>([])
  people = $state.raw<AuditPage['people']>({})
  histogram = $state.raw<AuditHistogram>()
  error = $state.raw<unknown>()
  /** Why there are no bars; the list goes without them. */
  barsError = $state.raw<unknown>()
  loading = $state(false)
  /** Whether the bars and the count are still those of an earlier wish. */
  counting = $state(false)
  /** Whether the list is what was wished for last. */
  ready = $state(false)
  /** What the portal was asked; the export asks for the same. */
  filter = $state('')
  #next = $state<string | null>(null)
  #wish: AuditWish | undefined
  #latest = 0
  #latestBars = 0
  #sources: Sources
  #now: () => number
  hasOlder = $derived(this.#next !== null)

  constructor(sources: Sources, now: () => number) {
    this.#sources = sources
    this.#now = now
  }

  /** Asks for what is wished, unless that is what is shown already. Says whether it asked. */
  show = async (wish: AuditWish): Promise<boolean> => {
    const isSame = this.#wish && isSameFilter(this.#wish, wish)
    this.#wish = wish
    if (isSame) return false
    this.ready = false
    await this.refresh()
    return true
  }

  /** Starts over from the newest; a range that ends now ends at this moment. */
  refresh = async () => {
    this.filter = filterOf(this.#wish ?? { actions: [] }, this.#now())
    await Promise.all([this.#load(() => this.#sources.events(this.filter)), this.#bars()])
  }

  older = async () => {
    const before = this.#next
    if (before === null || this.loading) return
    const { entries, people } = this
    await this.#load(async () => {
      const query = new URLSearchParams(this.filter)
      query.set('before', before)
      const page = await this.#sources.events(query.toString())
      return {
        entries: [...entries, ...page.entries],
        next: page.next,
        people: { ...people, ...page.people },
      }
    })
    const more = this.entries.length - entries.length
    if (more > 0) announcer.say(`${plural(more, 'older event')} added.`)
  }

  async #load(fetch: () => Promise<Shown>) {
    const call = ++this.#latest
    this.loading = true
    try {
      const { entries, next, people } = await fetch()
      if (call !== this.#latest) return // A later one has overtaken this
      this.entries = entries
      this.people = people
      this.#next = next
      this.ready = true
      this.error = undefined
    } catch (error) {
      if (call === this.#latest) this.error = error
    } finally {
      if (call === this.#latest) this.loading = false
    }
  }

  async #bars() {
    const call = ++this.#latestBars
    this.counting = true
    try {
      const histogram = await this.#sources.histogram(this.filter)
      if (call !== this.#latestBars) return
      this.histogram = histogram
      this.barsError = undefined
    } catch (error) {
      if (call !== this.#latestBars) return
      // A count of something else is worse than none
      this.histogram = undefined
      this.barsError = error
    } finally {
      if (call === this.#latestBars) this.counting = false
    }
  }
}
