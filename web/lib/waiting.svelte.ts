import { api } from './api.ts'

/** How many requests and reviews wait for the reader: in the navigation, and in the title of each page. */
class Waiting {
  count = $state(0)
  /** Whether the count may be older than what is true. */
  stale = false

  load = async () => {
    try {
      this.count = (await api.waiting()).waiting
      this.stale = false
    } catch {
      // The last count stands for now; the Requests page says what is wrong
      this.stale = true
    }
  }
}

export const waiting = new Waiting()
