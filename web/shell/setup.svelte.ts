import type { Setup } from '../../server/contract/setup.ts'
import { api } from '../lib/api.ts'

/** The state of the catalog, for the banner that administrators see on every page. */
class SetupState {
  current = $state.raw<Setup>()

  load = async () => {
    try {
      this.current = await api.setup()
    } catch {
      // The Setup page says why; a banner about a banner helps nobody
    }
  }
}

export const setup = new SetupState()
