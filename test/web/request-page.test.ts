import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RequestPage as Seen } from '../../server/contract/request.ts'
import RequestPage from '../../web/pages/request/RequestPage.svelte'
import { router } from '../../web/routes.ts'
import { aGrant, aPage } from './requests.ts'

/** What the portal answers: the page as it is now, and to what is sent. */
let seen: Seen
let answers: Record<string, () => Promise<Response>>
let page: Record<string, unknown> | undefined

const answer = (status: number, body: object) =>
  Promise.resolve(
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } }),
  )
const conflict = (reason: string) => () =>
  answer(409, { code: 'conflict', status: 409, reason, detail: 'It has changed.', requestId: 'q' })
const fetching = vi.fn<typeof fetch>()

beforeEach(() => {
  sessionStorage.clear()
  seen = aPage()
  answers = {}
  fetching.mockReset().mockImplementation((path) => {
    const given = answers[String(path)]
    if (given) return given()
    return String(path) === '/api/requests/r-1' ? answer(200, seen) : answer(200, { waiting: 0 })
  })
  vi.stubGlobal('fetch', fetching)
  router.params = { id: 'r-1' }
})
afterEach(async () => {
  if (page) await unmount(page)
  page = undefined
  vi.unstubAllGlobals()
})

const text = () => document.body.textContent
const field = (name: string) => document.querySelector<HTMLInputElement>(`[name="${name}"]`)
const button = (start: string) =>
  [...document.querySelectorAll('button')].find((each) => each.textContent.trim().startsWith(start))
const bodies = (path: string) =>
  fetching.mock.calls
    .filter(([asked]) => asked === path)
    .map(([, init]) => JSON.parse(String(init?.body)) as unknown)

async function show() {
  page = mount(RequestPage, { target: document.body })
  await told('What it opens')
}

const told = (words: string) =>
  vi.waitFor(() => {
    flushSync()
    expect(text()).toContain(words)
  })

function type(name: string, value: string) {
  const input = field(name)
  if (!input) throw new Error(`There is no field ${name}`)
  input.value = value
  input.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

test('production is approved only by whoever typed its name; denying asks for none', async () => {
  await show()
  expect(button('Approve')?.disabled).toBe(true)
  expect(button('Deny')?.disabled).toBe(false)

  type('typed-name', 'orders-staging')
  expect(button('Approve')?.disabled).toBe(true)
  type('typed-name', 'orders')
  expect(button('Approve')?.disabled).toBe(false)
})

test('what is not production is approved without', async () => {
  seen = aPage({ typeName: false })
  await show()
  expect(field('typed-name')).toBeNull()
  expect(button('Approve')?.disabled).toBe(false)
})

test('an approval carries what was seen, and is sent once however often one clicks', async () => {
  answers['/api/requests/r-1/approve'] = () =>
    answer(
      200,
      aPage({ request: { state: 'approved', waitsForMe: false }, may: { decide: false } }),
    )
  await show()
  type('typed-name', 'orders')
  button('Approve')?.click()
  flushSync()
  button('Approve')?.click()
  button('Deny')?.click()
  await vi.waitFor(() => {
    flushSync()
    expect(button('Approve')).toBeUndefined()
  })

  expect(bodies('/api/requests/r-1/approve')).toEqual([{ version: 'v-1' }])
  expect(bodies('/api/requests/r-1/deny')).toEqual([])
})

test('a denial without a word is not sent', async () => {
  await show()
  button('Deny')?.click()
  flushSync()

  expect(bodies('/api/requests/r-1/deny')).toEqual([])
  expect(field('comment')?.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(field('comment'))
})

test('a rule that changed meanwhile: the page is fresh, the comment is kept, the name is typed again', async () => {
  answers['/api/requests/r-1/approve'] = conflict('version_changed')
  await show()
  type('comment', 'Only for the payment 9f3c')
  type('typed-name', 'orders')
  seen = aPage({ version: 'v-2', request: { approvals: { have: 0, need: 2 } } })
  button('Approve')?.click()
  await told('nothing that you sent was counted')

  expect(text()).toContain('0 of 2 approvals')
  expect(field('comment')?.value).toBe('Only for the payment 9f3c')
  expect(button('Approve')?.disabled).toBe(true)
  type('typed-name', 'orders')
  button('Approve')?.click()
  await vi.waitFor(() => expect(bodies('/api/requests/r-1/approve')).toHaveLength(2))
  expect(bodies('/api/requests/r-1/approve').at(-1)).toEqual({
    version: 'v-2',
    comment: 'Only for the payment 9f3c',
  })
})

test('a request that somebody else closed meanwhile: the form is gone, what was typed is not', async () => {
  answers['/api/requests/r-1/deny'] = conflict('request_closed')
  await show()
  type('comment', 'Please use the replica')
  seen = aPage({ request: { state: 'withdrawn', waitsForMe: false }, may: { decide: false } })
  button('Deny')?.click()
  await told('nothing that you sent was counted')

  expect(field('comment')).toBeNull()
  expect(text()).toContain('Please use the replica')
  expect(text()).toContain('withdrawn')
})

test('what was typed survives a sign-in, and is gone once it is sent', async () => {
  answers['/api/requests/r-1/deny'] = () =>
    answer(200, aPage({ request: { state: 'denied', waitsForMe: false }, may: { decide: false } }))
  await show()
  type('comment', 'Please use the replica')
  await unmount(page ?? {})
  await show()
  expect(field('comment')?.value).toBe('Please use the replica')
  expect(bodies('/api/requests/r-1/deny')).toEqual([])

  button('Deny')?.click()
  await told('denied')
  expect(sessionStorage.length).toBe(0)
})

test('an answer that does not come leaves everything as it was typed', async () => {
  answers['/api/requests/r-1/deny'] = () => Promise.reject(new TypeError('Failed to fetch'))
  await show()
  type('comment', 'Please use the replica')
  button('Deny')?.click()
  await told('The portal is not answering.')

  expect(field('comment')?.value).toBe('Please use the replica')
  expect(button('Deny')?.hasAttribute('aria-disabled')).toBe(false)
})

test('why somebody may not decide is said', async () => {
  const whyNot = 'You are not one of the approvers of this access.'
  seen = aPage({ may: { decide: false }, whyNot })
  await show()
  expect(text()).toContain(whyNot)
  expect(button('Approve')).toBeUndefined()
})

test('whoever approved waits for the others, and is asked no more', async () => {
  const at = '2026-11-25T12:00:30.000Z'
  seen = aPage({
    request: { waitsForMe: false, approvals: { have: 1, need: 2 } },
    happenings: [{ at, what: 'approved', by: 'Li Wei', text: null, counts: true }],
  })
  await show()
  expect(text()).toContain('It waits for somebody else')
  expect(button('Approve')).toBeUndefined()
})

test('an approval that no longer counts is told as one, and may be given again', async () => {
  const at = '2026-11-25T12:00:30.000Z'
  seen = aPage({
    request: { waitsForMe: false },
    happenings: [{ at, what: 'approved', by: 'Li Wei', text: null, counts: false }],
  })
  await show()
  expect(text()).toContain('no longer counts')
  expect(button('Approve')).toBeDefined()
})

test('the asker’s page turns into the connect card, by itself', async () => {
  const mine = { mine: true, waitsForMe: false }
  seen = aPage({ request: mine, may: { decide: false, withdraw: true } })
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  const grant = aGrant({ startsAt: new Date(Date.now() - 1000).toISOString(), endsAt })
  answers['/api/databases/orders'] = () =>
    answer(200, {
      databases: [{ name: 'orders', engine: 'postgres', endpoints: [], offers: [], grants: [] }],
    })
  await show()
  expect(button('Withdraw')).toBeDefined()
  expect(button('Get token')).toBeUndefined()

  seen = aPage({
    request: { ...mine, state: 'approved', grant },
    may: { decide: false, end: true },
  })
  // As seen again after the stream, or the clock, has said so
  seen = { ...seen, now: new Date().toISOString() }
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(false)
  const { live } = await import('../../web/lib/live.svelte.ts')
  const stop = live.start()
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.waitFor(
    () => {
      flushSync()
      expect(button('Get token')).toBeDefined()
    },
    { timeout: 3_000 },
  )
  stop()
  expect(button('Withdraw')).toBeUndefined()
})

test('access that was revoked: what goes on is said, with what closes it', async () => {
  const grant = aGrant({ state: 'ended', ended: 'revoked', endReason: 'The incident is over' })
  seen = aPage({
    request: { state: 'approved', grant, waitsForMe: false },
    may: { decide: false },
    closing: { sql: 'SELECT pg_terminate_backend(pid)', deny: '{"Effect":"Deny"}', role: 'arn:r' },
  })
  await show()
  for (const words of ['Sessions that are open go on', 'pg_terminate', '"Deny"', 'arn:r'])
    expect(text()).toContain(words)
})
