import { api } from './api.ts'

/** How many requests and reviews wait for the reader: in the navigation, and in the title of each page. */
class Waiting {
  count = $state(0)

  load = async () => {
    try {
      this.count = (await api.waiting()).waiting
    } catch {
      // The last count stands; the Requests page says what is wrong
    }
  }
}

export const waiting = new Waiting()
