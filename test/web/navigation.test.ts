import type { Component } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Router, type Route } from '../../web/lib/router.svelte.ts'

type Page = Component<Record<string, never>>
const aPage = (): Page => vi.fn() as unknown as Page
const pages = { home: aPage(), database: aPage(), missing: aPage() }

const aRoute = (path: string, page: Page): Route => ({
  path,
  audience: 'person',
  load: () => Promise.resolve({ default: page }),
})

let router: Router
let moved: () => void

function open(routes: Route[]) {
  history.replaceState(null, '', '/')
  router = new Router(routes, aRoute('*', pages.missing))
  moved = router.onnavigate = vi.fn()
  return router.start()
}

beforeEach(() => open([aRoute('/', pages.home), aRoute('/db/:name', pages.database)]))
afterEach(() => {
  router.stop()
  document.body.replaceChildren()
})

function link(href: string) {
  const anchor = document.createElement('a')
  anchor.href = href
  document.body.append(anchor)
  return anchor
}

test('a path becomes a page and its parameters', async () => {
  await router.go('/db/my%20orders?ask=1')
  expect(router.page).toBe(pages.database)
  expect(router.params).toEqual({ name: 'my orders' })
  expect(router.query('ask')).toBe('1')
})

test('a path that is none is the missing page', async () => {
  await router.go('/db/orders/more')
  expect(router.page).toBe(pages.missing)
})

test('a stray percent sign breaks nothing', async () => {
  await router.go('/db/100%')
  expect(router.params).toEqual({ name: '100%' })
})

test('a click on a link goes there without a load', async () => {
  const event = new MouseEvent('click', { bubbles: true, cancelable: true })
  link('/db/orders').dispatchEvent(event)

  expect(event.defaultPrevented).toBe(true)
  await vi.waitFor(() => expect(router.page).toBe(pages.database))
  expect(location.pathname).toBe('/db/orders')
})

test('back and forward show what was there', async () => {
  await router.go('/db/orders')
  history.back()
  await vi.waitFor(() => expect([router.path, router.page]).toEqual(['/', pages.home]))

  history.forward()
  await vi.waitFor(() => expect(router.params).toEqual({ name: 'orders' }))
  expect([router.path, router.page]).toEqual(['/db/orders', pages.database])
})

test('the focus is moved for another page, not at first and not for another query', async () => {
  router.setQuery({ q: 'ord', env: '' })
  expect([router.search, location.search]).toEqual(['?q=ord', '?q=ord'])
  await router.go('/?q=other')
  expect(moved).not.toHaveBeenCalled()

  await router.go('/db/orders')
  expect(moved).toHaveBeenCalledTimes(1)
})

test('a slow page that was left meanwhile does not come back', async () => {
  let arrive!: (module: { default: Page }) => void
  const slow: Route = {
    path: '/slow',
    audience: 'person',
    load: () => new Promise((resolve) => (arrive = resolve)),
  }
  router.stop()
  await open([aRoute('/', pages.home), slow])
  const going = router.go('/slow')
  await router.go('/')
  arrive({ default: pages.database })
  await going

  expect(router.page).toBe(pages.home)
})

test('a page that cannot be loaded is said, and tried again the next time', async () => {
  const load = vi
    .fn<Route['load']>()
    .mockRejectedValueOnce(new TypeError('Failed to fetch dynamically imported module'))
    .mockResolvedValue({ default: pages.database })
  router.stop()
  await open([aRoute('/', pages.home), { path: '/db/:name', audience: 'person', load }])

  await router.go('/db/orders')
  expect(router.broken).toBe(true)
  await router.go('/db/orders')
  expect([router.broken, router.page]).toEqual([false, pages.database])
})
