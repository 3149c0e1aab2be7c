import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api } from '../../web/lib/api.ts'
import { presence } from '../../web/lib/presence.ts'

const fetching = vi.fn<typeof fetch>()
let stop: () => void
beforeEach(() => {
  vi.useFakeTimers()
  fetching.mockReset().mockImplementation(() => Promise.resolve(new Response('{}')))
  vi.stubGlobal('fetch', fetching)
  stop = presence.start()
  document.dispatchEvent(new Event('keydown', { bubbles: true }))
})
afterEach(() => {
  stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const isUnattended = () =>
  new Headers(fetching.mock.calls.at(-1)?.[1]?.headers).has('x-latchkey-background')

test('what is asked for while somebody is there is theirs; a minute after the last sign it is the page’s own', async () => {
  await api.grants()
  expect(isUnattended()).toBe(false)
  vi.advanceTimersByTime(59_000)
  await api.grants()
  expect(isUnattended()).toBe(false)

  vi.advanceTimersByTime(2_000)
  await api.grants()
  expect(isUnattended()).toBe(true)

  document.dispatchEvent(new Event('pointermove', { bubbles: true }))
  await api.grants()
  expect(isUnattended()).toBe(false)
})

test('what changes something is somebody’s, always', async () => {
  vi.advanceTimersByTime(600_000)
  await api.withdraw('r-1')
  expect(isUnattended()).toBe(false)
})
