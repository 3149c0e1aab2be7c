/** How long after the last sign of somebody what the page asks for still counts as theirs, in ms. */
const LINGER = 60_000
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']

/**
 * Whether somebody is at this page. A page that follows changes asks by itself for as long as it is open;
 * that must not keep a session alive for whoever comes by.
 */
export class Presence {
  #seenAt = Date.now()

  /** Once for the whole page. Returns the function that stops it. */
  start = () => {
    const seen = () => (this.#seenAt = Date.now())
    const options = { capture: true, passive: true }
    for (const sign of SIGNS) addEventListener(sign, seen, options)
    return () => {
      for (const sign of SIGNS) removeEventListener(sign, seen, options)
    }
  }

  isHere = () => Date.now() - this.#seenAt < LINGER
}

export const presence = new Presence()
