import { setMaxListeners } from 'node:events'
import type { Delivery, Outbox, Plan } from '../core/notification/ports.ts'
import { DeliveryError, failureOf } from '../outgoing/delivery-error.ts'
import type { Send } from './senders.ts'

/** Messages that one statement spreads, and deliveries of one lane that are on their way at once. */
const SPREAD = 100
const AT_ONCE = 4

/** Seconds for which a claim is ours: longer than any attempt may take. */
const LEASE = 60

/** How long messages on their way may take when the portal stops, milliseconds. */
const LAST_WORDS = 3_000

type Deps = {
  outbox: Outbox
  plan: Plan
  send: Send
  warn: (details: object, message: string) => void
}

export type Notifier = ReturnType<typeof makeNotifier>

/**
 * Delivers what waits in the outbox. Each lane runs by itself, a few messages at once: one that is down or slow takes
 * nobody else's turn, and rounds go on while it waits. No transaction is open while a message is on its way.
 */
export function makeNotifier({ outbox, plan, send, warn }: Deps) {
  const running = new Map<string, Promise<void>>()
  const cut = new AbortController()
  // Every message on its way listens; there are as many as lanes allow.
  setMaxListeners(0, cut.signal)
  let stopping = false

  /** Ends when nothing is due, or when nothing of a batch arrived: then the next round tries again. */
  async function run(lane: string): Promise<void> {
    while (!stopping) {
      const batch = await outbox.claim(lane, AT_ONCE, LEASE)
      const arrived = await Promise.all(batch.map((delivery) => deliver(lane, delivery)))
      if (batch.length < AT_ONCE || !arrived.includes(true)) return
    }
  }

  /** Whether it arrived. What cannot be written down about it is tried again when its lease ends. */
  async function deliver(lane: string, delivery: Delivery): Promise<boolean> {
    const { topic, requestId: request, attempts } = delivery
    const failure = await send(delivery, cut.signal).then(() => null, failureOf)
    try {
      if (failure === null) {
        await outbox.done(delivery)
        return true
      }
      const wait = await outbox.failed(delivery, failure)
      const outcome = wait === null ? 'was given up' : 'did not arrive; it is tried again'
      warn({ lane, topic, request, attempts, code: failure.code, wait }, `a message ${outcome}`)
    } catch (error) {
      warn({ err: error, lane, topic, request }, 'the outcome of a message could not be kept')
    }
    return false
  }

  function start(lane: string): void {
    const end = run(lane)
      .catch((error: unknown) => warn({ err: error, lane }, 'messages wait for the database'))
      .finally(() => running.delete(lane))
    running.set(lane, end)
  }

  return {
    /** Spreads what is new and starts every lane that has something due and does not run already. Waits for no delivery. */
    round: async (): Promise<void> => {
      while (!stopping && (await outbox.spread(plan, SPREAD)) === SPREAD);
      for (const lane of await outbox.dueLanes()) if (!stopping && !running.has(lane)) start(lane)
    },
    /** Resolves once no lane runs. */
    idle: async (): Promise<void> => {
      while (running.size > 0) await Promise.all(running.values())
    },
    /** Begins nothing new, gives what is on its way a moment, and resolves once no lane runs. */
    stop: async (): Promise<void> => {
      stopping = true
      const timer = setTimeout(() => cut.abort(new DeliveryError({ code: 'stopped' })), LAST_WORDS)
      await Promise.all(running.values())
      clearTimeout(timer)
    },
  }
}
