import { readFileSync } from 'node:fs'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** What a page is looked at with. */
export type Look = {
  width: number
  dark?: boolean
  /** The system's own few colours take the place of the page's. */
  forced?: boolean
  /** The person has asked for stillness. */
  still?: boolean
  /** What axe has to judge: all, or what the colours alone have changed since the look before. */
  axe?: 'all' | 'colours'
}

/** Each list is one walk: a page is opened in the first look, and turned into the others. */
export const FROM_DESK: Look[] = [
  { width: 1280, axe: 'all' },
  { width: 1280, dark: true, axe: 'colours' },
  { width: 1280, forced: true },
  { width: 360, dark: true, still: true, axe: 'all' },
  { width: 360, still: true, axe: 'colours' },
  { width: 320, still: true },
]
export const FROM_PHONE: Look[] = [
  { width: 320, dark: true, still: true, axe: 'all' },
  { width: 1280, axe: 'all' },
  { width: 1280, forced: true },
]

/** `dark, 360 wide, still` */
export const nameOf = ({ width, dark, forced, still }: Look) =>
  [dark ? 'dark' : 'light', `${width} wide`, forced && 'forced colours', still && 'still']
    .filter(Boolean)
    .join(', ')

/** How Playwright says it; for a context that is to be made, and for a page that is there. */
export const mediaOf = ({ dark, forced, still }: Look) => ({
  colorScheme: dark ? ('dark' as const) : ('light' as const),
  forcedColors: forced ? ('active' as const) : ('none' as const),
  reducedMotion: still ? ('reduce' as const) : ('no-preference' as const),
})

/** Turns a page into this look, and waits until what fades on the way has faded. */
export async function turn(page: Page, look: Look): Promise<void> {
  await page.setViewportSize({ width: look.width, height: 860 })
  await page.emulateMedia(mediaOf(look))
  await page.evaluate(`Promise.all(
    document.getAnimations()
      .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
      .map((one) => one.finished.catch(() => {})),
  ).then(() => undefined)`)
}

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')
const RULES = {
  all: {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  },
  colours: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
}

/** What axe finds on the page as it stands: `rule: selectors`. */
export async function findings(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE)
  // Nothing that these rules need is fetched, so nothing is.
  const options = { runOnly: RULES[rules], resultTypes: ['violations'], preload: false }
  const violations = await page.evaluate<AxeResults['violations']>(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`,
  )
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  )
}

/** Pixels by which the page is wider than its window; what hides behind `overflow: hidden` is not seen by it. */
export const overflow = (page: Page) =>
  page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )

/** Buttons and fields without an edge: a background alone is not seen where the system's colours are forced. */
export const edgeless = (page: Page) =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('button, a.inline-flex.rounded-lg, input, select, textarea')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.clientWidth > 1)
    .filter((one) => !['radio', 'checkbox'].includes(one.type))
    .filter((one) => {
      const { borderTopWidth, borderBottomWidth, textDecorationLine } = getComputedStyle(one)
      return borderTopWidth === '0px' && borderBottomWidth === '0px' && textDecorationLine === 'none'
    })
    .map((one) => one.outerHTML.slice(0, 200))`)

/** Animations that go on for longer than a moment. */
export const moving = (page: Page) =>
  page.evaluate<string[]>(`document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().activeDuration > 1)
    .map((one) => one.animationName ?? one.transitionProperty)`)

export const NONE = { axe: [], wider: 0, edgeless: [], moving: [] }

/** What is wrong with the page as it stands in this look; `NONE` when nothing is. */
export const faults = async (page: Page, look: Look) => ({
  axe: look.axe ? await findings(page, look.axe) : [],
  wider: await overflow(page),
  edgeless: look.forced ? await edgeless(page) : [],
  moving: look.still ? await moving(page) : [],
})
