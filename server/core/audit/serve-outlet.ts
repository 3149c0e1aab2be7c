import type { Arrival, OutletName, Outlets, Turn } from './outlet.ts'

type Deps = {
  name: OutletName
  outlets: Outlets
  /** Brings something of the log to the outlet, and says how far it came. Throws when it did not arrive. */
  deliver: (turn: Turn, signal: AbortSignal) => Promise<Arrival>
  /** Of waiting, in seconds: between two deliveries, and after failures. */
  wait: { between: number; first: number; longest: number }
  /** A word for what went wrong, with no secret in it. */
  codeOf: (error: unknown) => string
  warn: (details: object, message: string) => void
}

/** Seconds for which a turn is ours: longer than a delivery may take. */
const LEASE = 60

/** What a delivery may take, and what it may still take when the portal stops, in milliseconds. */
const PATIENCE = 20_000
const LAST_WORDS = 3_000

export type ServedOutlet = ReturnType<typeof serveOutlet>

/**
 * Serves one outlet: only how far it came is kept, and only after it came there, so that what is in doubt is brought again.
 * A failure is told and waits longer each time; nothing else waits for it.
 */
export function serveOutlet({ name, outlets, deliver, wait, codeOf, warn }: Deps) {
  let running: Promise<boolean> | null = null
  let stopping = false

  async function turn(patience: number, hurry: boolean): Promise<boolean> {
    const turn = await outlets.take(name, LEASE, hurry)
    if (!turn) return false
    let arrival: Arrival
    try {
      arrival = await within(patience, (signal) => deliver(turn, signal))
    } catch (error) {
      const code = codeOf(error)
      const pause = Math.min(wait.first * 2 ** Math.min(turn.failures, 20), wait.longest)
      await outlets.failed(name, code, pause)
      const failures = turn.failures + 1
      warn(
        { outlet: name, code, failures, size: turn.size, waiting: turn.sealed - turn.size, pause },
        'the audit log does not arrive where it should; it is tried again',
      )
      return false
    }
    const ours = await outlets.arrived(name, arrival, wait.between)
    if (turn.failures > 0)
      warn(
        { outlet: name, failures: turn.failures, from: turn.size, to: arrival.size },
        'the audit log arrives again where it should',
      )
    return ours && arrival.size < turn.sealed
  }

  return {
    /** Brings what there is, until nothing waits, nothing arrives or the portal stops. */
    round: async (): Promise<void> => {
      while (!stopping) {
        running = turn(PATIENCE, false)
        if (!(await running)) return
      }
    },
    /** Waits for what is on its way, then brings what is left, once and in a hurry. Never fails. */
    stop: async (): Promise<void> => {
      stopping = true
      await running?.catch(() => {})
      await turn(LAST_WORDS, true).catch((error: unknown) =>
        warn({ err: error, outlet: name }, 'the end of the audit log could not be brought away'),
      )
    },
  }
}

/** Does not wait for the work to obey: a file system that hangs knows no signal. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(new Error('It took too long.'), { code: 'TIMEOUT' })
      reject(error)
      controller.abort(error)
    }, ms)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
