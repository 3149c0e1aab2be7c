import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Database, Offer } from '../../server/contract/database.ts'
import { clock } from '../../web/lib/clock.svelte.ts'
import { moment } from '../../web/lib/format.ts'
import AccessForm from '../../web/pages/database/AccessForm.svelte'
import { localField } from '../../web/pages/database/start.ts'

const anOffer = (over: Partial<Offer> = {}): Offer => ({
  team: 'payments',
  user: 'orders_reader',
  longest: 28_800,
  reason: 'optional',
  reasonPattern: null,
  approval: null,
  emergency: null,
  pending: null,
  ...over,
})
const writer = anOffer({ user: 'orders_writer', longest: 3600, reason: 'required' })
const approval = { groups: ['payments-leads'], count: 1, within: 86_400 }
const owner = anOffer({ user: 'orders_owner', approval })
const database: Database = {
  name: 'orders',
  engine: 'postgres',
  region: 'eu-west-1',
  account: '111122223333',
  dbname: 'orders',
  environment: 'production',
  description: null,
  tags: [],
  endpoints: [],
  offers: [],
  grants: [],
}

const answer = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const fetching = vi.fn<typeof fetch>()
let form: Record<string, unknown> | undefined
const asked = vi.fn(() => Promise.resolve())

beforeEach(() => {
  sessionStorage.clear()
  fetching
    .mockReset()
    .mockImplementation(() => Promise.resolve(answer(201, { request: { id: 'r' } })))
  asked.mockClear()
  vi.stubGlobal('fetch', fetching)
})
afterEach(async () => {
  if (form) await unmount(form)
  form = undefined
  vi.unstubAllGlobals()
})

function show(...offers: Offer[]) {
  form = mount(AccessForm, {
    target: document.body,
    props: { database, offers, onasked: asked },
  })
  flushSync()
}

const submit = () => document.querySelector<HTMLButtonElement>('button[type="submit"]')
const reason = () => document.querySelector<HTMLTextAreaElement>('textarea[name="reason"]')
const sent = () => JSON.parse(String(fetching.mock.calls[0]?.[1]?.body)) as unknown

function choose(value: string) {
  document.querySelector<HTMLInputElement>(`input[value="${value}"]`)?.click()
  flushSync()
}

function type(text: string) {
  const area = reason()
  if (!area) throw new Error('There is no field for a reason')
  area.value = text
  area.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

async function press() {
  document
    .querySelector('form')
    ?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))
  // Until the answer has been taken in
  await vi.waitFor(() => {
    flushSync()
    expect(submit()?.hasAttribute('aria-disabled')).toBe(false)
  })
}

test('asks for an hour of the first database user that opens at once', async () => {
  show(owner, anOffer())
  await press()

  expect(sent()).toEqual({
    team: 'payments',
    database: 'orders',
    user: 'orders_reader',
    seconds: 3600,
  })
  expect(asked).toHaveBeenCalledWith({ id: 'r' })
})

test('a database user that needs approval is asked for, and its terms are told', async () => {
  show(anOffer(), owner)
  choose('orders_owner')
  expect(submit()?.textContent).toContain('Ask for approval of 1 h')
  expect(document.body.textContent).toContain('1 approval by payments-leads, never your own.')
  await press()

  expect(sent()).toMatchObject({ user: 'orders_owner', seconds: 3600 })
})

test('who has asked already finds the way to the request, and no second form', () => {
  show(anOffer({ user: 'orders_owner', approval, pending: 'r-1' }))

  expect(submit()).toBeNull()
  expect(document.querySelector('a[href="/requests/r-1"]')?.textContent).toContain(
    'See the request',
  )
})

test('a later start is sent as an instant, and told in both time zones', async () => {
  show(owner)
  choose('later')
  const field = document.querySelector<HTMLInputElement>('input[name="start"]')
  const start = new Date(Math.floor(clock.now / 60_000) * 60_000 + 86_400_000)
  await press()
  expect(fetching).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(field)

  if (field) field.value = localField(start.getTime())
  field?.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
  expect(document.body.textContent).toContain(
    `${moment(start.toISOString(), 'UTC').slice(0, -3)} UTC`,
  )
  await press()
  expect(sent()).toMatchObject({ startsAt: start.toISOString() })
})

test('a later start that was chosen is there again, until it is asked for or taken back', async () => {
  const laterField = () => document.querySelector<HTMLInputElement>('input[name="start"]')
  const again = async () => {
    if (form) await unmount(form)
    show(owner)
  }
  show(owner)
  choose('later')
  const start = localField(Math.floor(clock.now / 60_000) * 60_000 + 86_400_000)
  laterField()!.value = start
  laterField()!.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
  await again()
  expect(laterField()?.value).toBe(start)

  document.querySelectorAll<HTMLInputElement>('input[name$="-start"]')[0]?.click()
  flushSync()
  await again()
  expect(laterField()).toBeNull()

  choose('later')
  laterField()!.value = start
  laterField()!.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
  await press()
  await again()
  expect(laterField()).toBeNull()
})

test('the form of a reason is told before, and what the portal says of it afterwards', async () => {
  const problem = {
    code: 'invalid',
    status: 400,
    reason: 'reason_pattern',
    detail: 'The reason does not have the form that this rule asks for.',
    mend: 'Write it so that it matches INC-[0-9]+',
  }
  fetching.mockImplementation(() => Promise.resolve(answer(400, problem)))
  show(anOffer({ reasonPattern: 'INC-[0-9]+' }))
  expect(document.querySelector('code')?.textContent).toBe('INC-[0-9]+')
  type('stuck payment')
  await press()

  expect(document.querySelector('[role="alert"]')?.textContent).toContain(problem.mend)
  expect(reason()?.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(reason())
})

test('a required reason is asked for before anything is sent', async () => {
  show(writer)
  await press()
  expect(fetching).not.toHaveBeenCalled()
  expect(reason()?.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(reason())

  type('INC-4821:\nstuck payment')
  await press()
  expect(sent()).toMatchObject({ reason: 'INC-4821: stuck payment' })
})

test('what was typed survives a refusal, and a sign-in', async () => {
  const problem = { code: 'conflict', detail: 'The longest time is now 30 min.', status: 409 }
  fetching.mockImplementation(() => Promise.resolve(answer(409, problem)))
  show(writer)
  type('INC-4821')
  await press()
  expect(document.body.textContent).toContain('The longest time is now 30 min.')
  expect(reason()?.value).toBe('INC-4821')

  await unmount(form ?? {})
  show(writer)
  expect(reason()?.value).toBe('INC-4821')
})

test('what was granted leaves no draft behind', async () => {
  show(anOffer())
  type('INC-4821')
  expect(sessionStorage.length).toBe(1)
  await press()
  expect(sessionStorage.length).toBe(0)
})

test('the same database user through two teams: one card, and the terms of the chosen team', async () => {
  show(anOffer(), anOffer({ team: 'support', longest: 1800 }))
  expect(document.querySelectorAll('input[value="orders_reader"]')).toHaveLength(1)
  choose('support')
  await press()

  expect(sent()).toMatchObject({ team: 'support', seconds: 1800 })
})

test('an emergency needs its reason in full, and in production the name of the database', async () => {
  show({ ...owner, emergency: { longest: 1800 } })
  const details = document.querySelector('details')
  expect(document.querySelector('[name="emergency-reason"]')).toBeNull()
  if (details) details.open = true
  details?.dispatchEvent(new Event('toggle'))
  flushSync()
  const form = details?.querySelector('form')
  const open = form?.querySelector<HTMLButtonElement>('button[type="submit"]')
  const fill = (name: string, text: string) => {
    const field = form?.querySelector<HTMLInputElement>(`[name="${name}"]`)
    if (field) field.value = text
    field?.dispatchEvent(new Event('input', { bubbles: true }))
    flushSync()
  }
  const send = () =>
    form?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))

  expect(open?.disabled).toBe(true)
  fill('typed-name', 'order')
  expect(open?.disabled).toBe(true)
  fill('typed-name', 'orders')
  expect(open?.disabled).toBe(false)
  fill('emergency-reason', 'too short')
  send()
  expect(fetching).not.toHaveBeenCalled()
  fill('emergency-reason', 'payments stuck since 03:10')
  send()
  send()
  await vi.waitFor(() => expect(asked).toHaveBeenCalledWith({ id: 'r' }))

  expect(fetching).toHaveBeenCalledTimes(1)
  expect(sent()).toEqual({
    ...{ team: 'payments', database: 'orders', user: 'orders_owner' },
    ...{ seconds: 1800, emergency: true, reason: 'payments stuck since 03:10' },
  })
})
