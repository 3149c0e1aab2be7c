import type { AuditEntry, AuditPage } from '../../../server/contract/audit.ts'
import { announcer } from '../../lib/announcer.svelte.ts'
import { plural } from '../../lib/format.ts'

/** The events that were fetched so far, newest first; older ones are added page by page. */
export class EventList {
  entries = $state.raw<AuditEntry[]>([])
  error = $state.raw<unknown>()
  loading = $state(false)
  ready = $state(false)
  #next = $state<string | null>(null)
  #fetch: (before?: string) => Promise<AuditPage>
  hasOlder = $derived(this.#next !== null)

  constructor(fetch: (before?: string) => Promise<AuditPage>) {
    this.#fetch = fetch
    void this.refresh()
  }

  /** Starts over from the newest. */
  refresh = () => this.#load(undefined, [])

  older = async () => {
    if (this.#next === null) return
    const known = this.entries.length
    await this.#load(this.#next, this.entries)
    announcer.say(`${plural(this.entries.length - known, 'older event')} added.`)
  }

  async #load(before: string | undefined, newer: AuditEntry[]) {
    if (this.loading) return
    this.loading = true
    try {
      const page = await this.#fetch(before)
      this.entries = [...newer, ...page.entries]
      this.#next = page.next
      this.ready = true
      this.error = undefined
    } catch (error) {
      this.error = error
    } finally {
      this.loading = false
    }
  }
}
