import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  edgeless,
  faults,
  findings,
  FROM_DESK,
  FROM_PHONE,
  moving,
  nameOf,
  NONE,
  overflow,
  turn,
} from './looks.ts'
import { SCENES, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'
import { STATES } from './states.ts'

let stage: Stage
beforeAll(async () => void (stage = await openStage()), 120_000)
afterAll(() => stage?.close())

const walks = [
  { walk: 'opened at a desk', looks: FROM_DESK, scenes: SCENES },
  { walk: 'opened on a phone', looks: FROM_PHONE, scenes: STATES },
]

const visitors = new Map<string | undefined, Promise<Visitor>>()
const visitorOf = (person?: string) => {
  const known = visitors.get(person)
  if (known) return known
  const fresh = stage.visitor().then(async (visitor) => {
    if (person) await signInAs(visitor.page, person)
    return visitor
  })
  visitors.set(person, fresh)
  return fresh
}

describe.each(walks)('$walk', ({ looks, scenes }) => {
  test.each(scenes)(
    '$name: axe finds nothing, nothing is blocked, nothing overflows',
    async ({ person, path, given, act, shows, complains }) => {
      const { page, complaints } = await visitorOf(person)
      complaints.length = 0
      let restore: (() => Promise<unknown>) | undefined
      try {
        await turn(page, looks[0]!)
        await page.goto(path)
        await settle(page)
        restore = await given?.(stage, page)
        await act?.(page)
        await page.getByText(shows).filter({ visible: true }).first().waitFor()

        for (const look of looks) {
          await turn(page, look)
          expect(await faults(page, look), nameOf(look)).toEqual(NONE)
        }
        expect(complaints.filter((text) => !complains?.test(text))).toEqual([])
        if (complains) expect(complaints.join()).toMatch(complains)
        expect(await page.title()).toMatch(/Latchkey/)
      } finally {
        await restore?.()
      }
    },
    60_000,
  )
})

test('the checks have teeth: each finds what is wrong', async () => {
  const { page, context } = await stage.visitor({ still: false })
  await page.goto('/signin')
  await settle(page)
  for (const look of FROM_DESK) {
    await turn(page, look)
    expect(await faults(page, look), nameOf(look)).toEqual(NONE)
  }
  await page.evaluate(WRONG)

  expect(await findings(page)).toContainEqual(expect.stringContaining('image-alt'))
  await turn(page, { width: 320 })
  expect(await overflow(page)).toBeGreaterThan(0)
  expect(await moving(page)).toContain('breathe')
  await turn(page, { width: 320, still: true })
  expect(await moving(page)).toEqual([])
  await turn(page, { width: 1280, forced: true })
  expect(await edgeless(page)).toEqual([expect.stringContaining('flat')])
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

/** A picture without words, a button without an edge, something that breathes, and something wide. */
const WRONG = `{
  const main = document.querySelector('main')
  const add = (tag, className) => {
    const one = document.createElement(tag)
    one.className = className
    main.append(one)
    return one
  }
  add('img', '')
  add('button', 'flat bg-primary px-3').textContent = 'flat'
  add('p', 'skeleton h-40')
  add('p', 'whitespace-nowrap').textContent = 'wide '.repeat(100)
}`
