import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCENES, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await openStage()))
afterAll(() => stage?.close())

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const results = await page.evaluate<AxeResults>(
    `axe.run({ runOnly: { type: 'tag', values: ${JSON.stringify(RULES)} } })`,
  )
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  )
}

describe.each([
  ['light, 1280 wide', { dark: false, width: 1280 }],
  ['dark, 360 wide', { dark: true, width: 360 }],
])('%s', (_look, look) => {
  const visitors = new Map<string | undefined, Promise<Visitor>>()
  const visitorOf = (person?: string) => {
    const known = visitors.get(person)
    if (known) return known
    const fresh = stage.visitor(look).then(async (visitor) => {
      if (person) await signInAs(visitor.page, person)
      return visitor
    })
    visitors.set(person, fresh)
    return fresh
  }
  afterAll(async () => {
    for (const visitor of visitors.values()) await (await visitor).context.close()
  })

  test.each(SCENES)(
    '$name: axe finds nothing, nothing is blocked, nothing overflows',
    async (scene) => {
      const { page, complaints } = await visitorOf(scene.person)
      complaints.length = 0
      await page.goto(scene.path)
      await settle(page)
      await scene.act?.(page)
      await settle(page)

      expect(await findings(page)).toEqual([])
      expect(complaints).toEqual([])
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      expect(await page.title()).toMatch(/Latchkey/)
    },
  )
})

test('the check has teeth: a picture without words is found', async () => {
  const { page, context } = await stage.visitor()
  await page.goto('/signin')
  await page.evaluate("document.querySelector('main').append(document.createElement('img'))")

  expect(await findings(page)).toContainEqual(expect.stringContaining('image-alt'))
  await context.close()
})

test('the first page loads at most 60 KB of JavaScript, compressed', async () => {
  const { page, context } = await stage.visitor()
  await signInAs(page, 'Ada')
  const scripts = new Set<string>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) scripts.add(pathname)
  })
  await page.goto('/')
  await settle(page)

  const bytes = [...scripts].map((path) => readFileSync(join('build/web', `${path}.gz`)).length)
  expect(scripts.size).toBeGreaterThan(0)
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60 * 1024)
  await context.close()
})

test('a page cannot be made to run what it did not bring', async () => {
  const { page, context } = await stage.visitor()
  await page.goto('/signin')
  const blocked = await page.evaluate<string>(`(() => {
    try {
      document.body.innerHTML = '<img src=x onerror=alert(1)>'
      return 'done'
    } catch (error) {
      return String(error)
    }
  })()`)
  expect(blocked).toMatch(/TrustedHTML|Trusted Type/)
  await context.close()
})
