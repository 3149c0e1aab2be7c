/** What the two live regions of the page say. */
class Announcer {
  polite = $state('')
  assertive = $state('')

  say(text: string, urgent = false) {
    const region = urgent ? 'assertive' : 'polite'
    // The same words twice would be no change, and no change is not read out
    this[region] = this[region] === text ? `${text}\u00a0` : text
  }
}

export const announcer = new Announcer()
