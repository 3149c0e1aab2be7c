import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Database, Offer } from '../../server/contract/database.ts'
import AccessForm from '../../web/pages/database/AccessForm.svelte'

const anOffer = (over: Partial<Offer> = {}): Offer => ({
  team: 'payments',
  user: 'orders_reader',
  longest: 28_800,
  reason: 'optional',
  approval: null,
  ...over,
})
const writer = anOffer({ user: 'orders_writer', longest: 3600, reason: 'required' })
const approval = { groups: ['payments-leads'], count: 1 }
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
const granted = vi.fn(() => Promise.resolve())

beforeEach(() => {
  sessionStorage.clear()
  fetching.mockReset().mockImplementation(() => Promise.resolve(answer(201, { id: 'g' })))
  granted.mockClear()
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
    props: { database, offers, ongranted: granted },
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
  expect(granted).toHaveBeenCalledWith({ id: 'g' })
})

test('a database user that needs approval is said to, and there is no button that cannot work', () => {
  show(anOffer(), owner)
  expect(submit()).not.toBeNull()
  choose('orders_owner')

  expect(submit()).toBeNull()
  expect(document.body.textContent).toContain('payments-leads')
  expect(document.body.textContent).toContain('cannot collect approvals yet')
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
