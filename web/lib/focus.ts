import { tick } from 'svelte'

/**
 * Puts the focus at the start of the page's content, when what had it is gone.
 * A focus that already is within the content stays where it is.
 */
export async function focusMain() {
  await tick()
  const main = document.getElementById('main')
  if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true })
}
