import { afterAll, beforeAll, expect, test } from 'vitest'
import { aMonth } from './history.ts'
import { openStory, settle } from './scenes.ts'
import { openStage, signInAs, type Stage, type Visitor } from './stage.ts'

/** An auditor, a month of events, and the address of the page as the one place where the question is kept. */
let stage: Stage
let noor: Visitor
beforeAll(async () => {
  stage = await openStage()
  noor = await stage.visitor()
  noor.context.setDefaultTimeout(40_000)
  await signInAs(noor.page, 'Noor')
  await aMonth(stage, noor.page)
}, 180_000)
afterAll(() => stage?.close())

const open = async (query: string) => {
  await noor.page.goto(`/audit${query}`)
  await settle(noor.page)
}
const heading = () => noor.page.getByRole('heading', { level: 2, name: /event/ }).innerText()
const rows = () => noor.page.locator('[data-event]')
const address = () => new URL(noor.page.url()).searchParams
const slider = () => noor.page.getByRole('slider')
const eventually = (read: () => unknown) => expect.poll(read, { timeout: 30_000 })
/** As the heading has it, where it is exact. */
const counted = async () => Number((await heading()).replace(/\D/g, ''))

/** All pages of it. */
async function listed() {
  const older = noor.page.getByRole('button', { name: 'Older events' })
  await settle(noor.page)
  while (await older.isVisible()) {
    const before = await rows().count()
    await older.click()
    await eventually(() => rows().count()).toBeGreaterThan(before)
    await settle(noor.page)
  }
  return rows().count()
}

test('filters go into the address, a link reproduces the view, and Back undoes them', async () => {
  const { page } = noor
  await open('?last=30d')
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('refused')
  await eventually(() => address().get('outcome')).toBe('refused')
  await page.getByRole('button', { name: /^action$/i }).click()
  await page.getByRole('checkbox', { name: /signin\.refused/ }).check()
  await eventually(() => address().getAll('action')).toEqual(['signin.refused'])
  await page.keyboard.press('Escape')
  await settle(page)
  const seen = await heading()
  const link = page.url()

  await page.goto('/audit')
  await settle(page)
  expect(await heading()).not.toBe(seen)
  await page.goto(link)
  await settle(page)
  expect(await heading()).toBe(seen)
  expect(await rows().first().innerText()).toMatch(/A sign-in was refused: id_token_signature/)

  await page.getByRole('button', { name: /^without action/i }).click()
  await eventually(() => address().has('action')).toBe(false)
  await page.goBack()
  await eventually(() => address().getAll('action')).toEqual(['signin.refused'])
  await settle(page)
  expect(await heading()).toBe(seen)
}, 180_000)

test('bars that were dragged over are what the list then shows: as many, within that time', async () => {
  const { page } = noor
  await open('?last=30d&database=orders')
  const all = await counted()
  const box = (await slider().boundingBox())!
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.62, box.y + 40, { steps: 4 })
  await page.mouse.up()
  await eventually(() => address().has('to')).toBe(true)
  await settle(page)

  const some = await counted()
  expect(some).toBeGreaterThan(0)
  expect(some).toBeLessThan(all)
  expect(await listed()).toBe(some)
  const times = await rows()
    .locator('time')
    .evaluateAll((all) => all.map((time) => time.getAttribute('datetime') ?? ''))
  const [from, to] = ['from', 'to'].map((name) => address().get(name) ?? '')
  expect(times.every((at) => at >= from! && at < to!)).toBe(true)
  // Newest first
  expect(times).toEqual(times.toSorted().toReversed())
}, 180_000)

test('by keys alone: to the bars, over them, into a story and out again', async () => {
  const { page } = noor
  await open('?last=30d&database=shipments&action=token.issued')
  const all = await counted()
  await page.getByRole('link', { name: 'Skip to content' }).focus()
  await page.keyboard.press('Enter')
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    if (await slider().evaluate((one) => one.matches(':focus'))) break
  }
  expect(await slider().evaluate((one) => one.matches(':focus'))).toBe(true)
  await page.keyboard.press('Home')
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+PageUp')
  const said = (await slider().getAttribute('aria-valuetext')) ?? ''
  const done = Number(/([\d,]+) done/.exec(said)?.[1])
  await page.keyboard.press('Enter')
  await eventually(() => address().has('from')).toBe(true)
  await settle(page)
  expect(done).toBeLessThan(all)
  expect(await counted()).toBe(done)
  expect(await listed()).toBe(done)

  const link = page.getByRole('link', { name: /^the story of/i }).first()
  await link.focus()
  await page.keyboard.press('Enter')
  const story = page.getByRole('dialog')
  await story.getByText('The other side, in CloudTrail').waitFor()
  expect(address().get('event')).toMatch(/^\d+$/)
  await page.keyboard.press('Escape')
  await story.waitFor({ state: 'detached' })
  expect(address().has('event')).toBe(false)
  expect(await link.evaluate((one) => one.matches(':focus'))).toBe(true)
}, 180_000)

test('a story has the request, the grant, the tokens with their AssumeRole ids, the end, and links both ways', async () => {
  const { page } = noor
  await open('?last=30d&action=token.issued')
  await openStory(page)
  const story = page.getByRole('dialog')
  await story.getByText('The other side, in CloudTrail').waitFor()
  const text = await story.innerText()
  for (const words of [
    /asked for/,
    /got access to/,
    /got a token/,
    /AssumeRole id/,
    /ended the access/,
  ])
    expect(text).toMatch(words)
  expect(text).toMatch(/aws cloudtrail lookup-events .*AttributeValue=ASIA/)

  const event = address().get('event')
  await story.getByRole('link', { name: /^grant\.started/ }).click()
  await eventually(() => address().get('event')).not.toBe(event)
  await page.goBack()
  await eventually(() => address().get('event')).toBe(event)
  await story.getByRole('link', { name: /^all events of request/i }).click()
  await eventually(() => address().has('request')).toBe(true)
  await story.waitFor({ state: 'detached' })
  await settle(page)
  expect(await counted()).toBe(await listed())
}, 180_000)

test('UTC or local: the same events, other words for their times', async () => {
  const { page } = noor
  await open('?last=7d')
  const before = await heading()
  await page.getByText('UTC', { exact: true }).click()
  await eventually(() => address().get('zone')).toBe('utc')
  expect(await heading()).toBe(before)
}, 120_000)

test('nothing was blocked or broken on the way', () => {
  expect(noor.complaints).toEqual([])
})
