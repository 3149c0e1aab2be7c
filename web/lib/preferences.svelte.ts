import { stored } from './stored.ts'

export type Theme = 'system' | 'light' | 'dark'

/** What a person likes, kept in this browser. `/theme.js` reads the theme too, before the first paint. */
class Preferences {
  theme = $state<Theme>(knownTheme(stored.read('theme')))
  /** `/` for the search and `n` for a new token can get in the way of speech input. */
  singleKeys = $state(stored.read('keys') !== 'off')

  setTheme(theme: Theme) {
    this.theme = theme
    if (theme === 'system') {
      delete document.documentElement.dataset.theme
      stored.remove('theme')
    } else {
      document.documentElement.dataset.theme = theme
      stored.write('theme', theme)
    }
  }

  setSingleKeys(on: boolean) {
    this.singleKeys = on
    stored.write('keys', on ? 'on' : 'off')
  }
}

const knownTheme = (text: string | null): Theme =>
  text === 'light' || text === 'dark' ? text : 'system'

export const preferences = new Preferences()

/** Whether this key press is the single-key shortcut `key`: not while typing, not over a dialog, not with a modifier. */
export function isShortcut(event: KeyboardEvent, key: string) {
  if (!preferences.singleKeys || event.key !== key || event.defaultPrevented || event.repeat) {
    return false
  }
  if (event.metaKey || event.ctrlKey || event.altKey) return false
  if (document.querySelector('dialog[open]')) return false
  const target = event.target
  return !(
    target instanceof Element && target.closest('input, textarea, select, [contenteditable]')
  )
}
