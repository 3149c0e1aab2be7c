import type { Token } from '../../../server/contract/token.ts'
import { announcer } from '../../lib/announcer.svelte.ts'
import { clock } from '../../lib/clock.svelte.ts'
import { remark } from '../../lib/countdown.ts'
import { duration } from '../../lib/format.ts'

/** One token, in the memory of one component and nowhere else: no storage, no address, no title, no cache. */
export class HeldToken {
  token = $state.raw<Token>()
  error = $state.raw<unknown>()
  busy = $state(false)
  revealed = $state(false)
  /** Whether something with the token in it was copied from here. */
  copied = $state(false)
  left = $derived(this.token ? Math.max(0, Date.parse(this.token.expiresAt) - clock.now) : 0)
  expired = $derived(this.token !== undefined && this.left === 0)

  #mint: () => Promise<Token>
  #underway: Promise<Token> | undefined
  #dropped = false

  constructor(mint: () => Promise<Token>) {
    this.#mint = mint
  }

  /** A new token in place of the old one; asked twice at once it asks the server once. Rejects with what went wrong. */
  renew = (): Promise<Token> => {
    this.#underway ??= this.#ask().finally(() => (this.#underway = undefined))
    return this.#underway
  }

  /** Something of a token that is valid now: from the one held, or else from a new one. */
  pick = (choose: (token: Token) => string): string | Promise<string> =>
    this.token && this.left > 0 ? choose(this.token) : this.renew().then(choose)

  drop = () => {
    this.#dropped = true
    this.token = undefined
    this.revealed = false
  }

  /** Says out loud when time runs short; returns the function that stops it. */
  watch = () => {
    let before = this.left
    return clock.watch(() => {
      const said = remark(before, this.left)
      if (said && this.token) announcer.say(said.text, said.urgent)
      before = this.left
    })
  }

  async #ask() {
    this.busy = true
    this.#dropped = false
    try {
      const token = await this.#mint()
      // Whoever left the page meanwhile leaves no token behind
      if (this.#dropped) throw new Error('The token is no longer wanted.')
      this.token = token
      this.error = undefined
      this.copied = false
      const seconds = Math.max(0, (Date.parse(token.expiresAt) - clock.now) / 1000)
      announcer.say(`New token ready, valid for ${duration(Math.ceil(seconds / 60) * 60)}.`)
      return token
    } catch (error) {
      if (!this.#dropped) this.error = error
      throw error
    } finally {
      this.busy = false
    }
  }
}
