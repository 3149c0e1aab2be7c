import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Live } from '../../web/lib/live.svelte.ts'

/** As much of an EventSource as a page uses, in the hands of the test. */
class Stream extends EventTarget {
  readyState = 0
  closed = false

  say(event: string, data: object = {}) {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }))
  }

  /** @param readyState 0 when the browser tries again by itself, 2 when it was refused */
  fail(readyState: number) {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }

  close() {
    this.closed = true
  }
}

const streams: Stream[] = []
const open = vi.fn(() => {
  const stream = new Stream()
  streams.push(stream)
  return stream as unknown as EventSource
})
const read = vi.fn(() => Promise.resolve())
let away = false
let live: Live
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  streams.length = 0
  away = false
  open.mockClear()
  read.mockClear()
  live = new Live(open, () => away)
  stop = live.start()
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const see = (isAway: boolean) => {
  away = isAway
  document.dispatchEvent(new Event('visibilitychange'))
}
const stream = () => streams.at(-1)!

test('a change of what is shown is read at once, another is not', async () => {
  live.follow({ load: read, every: 5_000, concerns: (id) => id === 'r-1' })
  stream().say('hello')
  await vi.advanceTimersByTimeAsync(0)
  read.mockClear()

  stream().say('change', { request: 'r-2' })
  expect(read).not.toHaveBeenCalled()
  stream().say('change', { request: 'r-1' })
  expect(read).toHaveBeenCalledTimes(1)
})

test('while the portal tells, nothing is asked for by the clock', async () => {
  live.follow({ load: read, every: 5_000 })
  stream().say('hello')
  await vi.advanceTimersByTimeAsync(0)
  read.mockClear()
  await vi.advanceTimersByTimeAsync(60_000)

  expect(read).not.toHaveBeenCalled()
})

test('a read that failed is tried again, even while the portal tells', async () => {
  let failed = true
  live.follow({ load: read, every: 5_000, failed: () => failed })
  stream().say('hello')
  await vi.advanceTimersByTimeAsync(6_000)
  expect(read).toHaveBeenCalledTimes(2)

  failed = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('changes that come while one is read are one more read, not many', async () => {
  let finish!: () => void
  const slow = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
  live.follow({ load: slow, every: 5_000 })
  for (let i = 0; i < 5; i++) stream().say('change', { request: 'r' })
  expect(slow).toHaveBeenCalledTimes(1)
  finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(slow).toHaveBeenCalledTimes(2)
  finish()
  await vi.advanceTimersByTimeAsync(0)

  expect(slow).toHaveBeenCalledTimes(2)
})

test('what may have been missed is read again: at hello, after a break, and when the portal says so', async () => {
  live.follow({ load: read, every: 60_000 })
  for (const [event, reads] of [
    ['hello', 1],
    ['missed', 2],
    ['hello', 3],
  ] as const) {
    if (event === 'hello' && reads > 1) stream().fail(0)
    stream().say(event)
    await vi.advanceTimersByTimeAsync(0)
    expect(read).toHaveBeenCalledTimes(reads)
  }
})

test('a stream that is refused is asked by the clock instead, each at its own pace', async () => {
  const badge = vi.fn(() => Promise.resolve())
  live.follow({ load: read, every: 5_000 })
  live.follow({ load: badge, every: 30_000 })
  stream().fail(2)
  await vi.advanceTimersByTimeAsync(30_500)

  expect(live.connected).toBe(false)
  expect(read.mock.calls.length).toBeGreaterThanOrEqual(5)
  expect(badge).toHaveBeenCalledTimes(1)
})

test('a refused stream is tried again after a minute, not before', async () => {
  stream().fail(2)
  await vi.advanceTimersByTimeAsync(55_000)
  expect(open).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(open).toHaveBeenCalledTimes(2)
})

test('a browser without streams asks by the clock', async () => {
  stop()
  live = new Live(
    () => {
      throw new TypeError('EventSource is not a constructor')
    },
    () => away,
  )
  stop = live.start()
  live.follow({ load: read, every: 5_000 })
  await vi.advanceTimersByTimeAsync(6_000)

  expect(read).toHaveBeenCalledTimes(1)
})

test('nobody looks: no stream and no asking; somebody looks again: everything is read', async () => {
  live.follow({ load: read, every: 5_000 })
  see(true)
  expect(stream().closed).toBe(true)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(read).not.toHaveBeenCalled()
  expect(open).toHaveBeenCalledTimes(1)

  see(false)
  expect(open).toHaveBeenCalledTimes(2)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(read).toHaveBeenCalledTimes(1)
})

test('a session that is over: one read tells it, and the stream is left', async () => {
  live.follow({ load: read, every: 5_000 })
  stream().say('over')
  expect(stream().closed).toBe(true)
  expect(read).toHaveBeenCalledTimes(1)
})

test('what is no longer shown is no longer read', async () => {
  live.follow({ load: read, every: 5_000 })()
  stream().say('change', { request: 'r' })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(read).not.toHaveBeenCalled()
})
