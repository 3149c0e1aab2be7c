import type { Me } from '../../server/contract/me.ts'
import { api, onUnauthenticated, Refusal } from './api.ts'

/** Who is signed in, as the portal said it last. */
class Session {
  me = $state.raw<Me>()
  error = $state.raw<unknown>()
  /** Nobody was signed in when the page was opened. */
  out = $state(false)
  /** The session ended while the page was open; what was typed is still there. */
  ended = $state(false)
  /** Nobody is signed in any more: until the page is opened anew, it asks for nothing by itself. */
  gone = $state(false)

  constructor() {
    onUnauthenticated(() => {
      this.gone = true
      if (this.me) this.ended = true
      else this.out = true
    })
  }

  load = async () => {
    try {
      this.me = await api.me()
      this.error = undefined
      this.gone = false
    } catch (error) {
      const isSignedOut = error instanceof Refusal && error.problem.status === 401
      this.error = isSignedOut ? undefined : error
    }
  }

  signOut = async () => {
    const { next } = await api.signOut()
    location.assign(next)
  }
}

export const session = new Session()
