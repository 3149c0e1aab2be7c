import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Changes, Heard } from '../core/access/changes.ts'
import type { Announced } from '../core/access/ports.ts'
import { CHANGES } from './access.ts'
import { listeningClient } from './pool.ts'

type Log = (details: object, message: string) => void

/** Of waiting before a connection is opened again, in ms: twice as long each time. */
const WAIT = { first: 100, longest: 5_000 }
/** How often a silent connection is asked whether it is still one, in ms. A failover or a firewall cuts without a word. */
const ASK = 15_000

/**
 * Hears what `announce` says on any portal of this database, over one connection that does nothing else.
 * Settles after the first attempt, reached or not: a portal starts without it, and its pages ask now and then.
 */
export async function openChanges(
  url: string,
  log: Log,
  { ask = ASK }: { ask?: number } = {},
): Promise<Changes & { close(): Promise<void> }> {
  const listeners = new Set<(heard: Heard) => void>()
  const tell = (heard: Heard) => {
    for (const listener of [...listeners])
      try {
        listener(heard)
      } catch (error) {
        log({ err: error }, 'a change could not be passed on')
      }
  }
  const stop = new AbortController()
  let attempted = () => {}
  const firstAttempt = new Promise<void>((resolve) => (attempted = resolve))

  const run = async () => {
    let failures = 0
    while (!stop.signal.aborted) {
      try {
        await listen(url, ask, stop.signal, {
          listening: () => {
            if (failures > 0) log({ failures }, 'changes of requests are heard again')
            failures = 0
            // What was announced while nobody listened is gone: PostgreSQL keeps nothing.
            tell('missed')
            attempted()
          },
          payload: (text) => {
            const change = parse(text)
            if (change) tell(change)
            else log({ bytes: text.length }, 'an announcement that cannot be read was left alone')
          },
        })
      } catch (error) {
        if (stop.signal.aborted) return
        if (failures === 0)
          log({ err: error }, 'changes of requests are not heard; it will be tried again')
        attempted()
        const wait = Math.min(WAIT.first * 2 ** failures++, WAIT.longest)
        await sleep(wait, undefined, { signal: stop.signal }).catch(() => {})
      }
    }
  }
  const running = run()
  await firstAttempt

  return {
    subscribe: (listener) => {
      // Wrapped, so that one function given twice is two subscriptions.
      const own = (heard: Heard) => listener(heard)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    close: async () => {
      listeners.clear()
      stop.abort()
      await running
    },
  }
}

/** One connection's life. Always ends by throwing why. */
async function listen(
  url: string,
  ask: number,
  signal: AbortSignal,
  on: { listening(): void; payload(text: string): void },
): Promise<never> {
  const client = listeningClient(url)
  let leave = () => {}
  const broken = new Promise<never>((_, reject) => {
    client.on('error', reject)
    client.on('end', () => reject(new Error('The connection ended.')))
    leave = () => reject(new Error('The portal is stopping.'))
  })
  signal.addEventListener('abort', leave)
  client.on('notification', ({ payload = '' }) => on.payload(payload))
  try {
    await Promise.race([broken, client.connect()])
    await Promise.race([broken, client.query(`LISTEN ${CHANGES}`)])
    on.listening()
    for (;;) {
      await Promise.race([broken, sleep(ask, undefined, { signal, ref: false })])
      await Promise.race([broken, client.query('SELECT 1')])
    }
  } finally {
    signal.removeEventListener('abort', leave)
    await goodbye(client)
  }
}

/** A server that is gone never answers a goodbye. */
const goodbye = (client: pg.Client) =>
  Promise.race([client.end().catch(() => {}), sleep(1_000, undefined, { ref: false })])

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whoever may connect to the database may say anything on the channel: only what looks like an announcement counts. */
function parse(text: string): Announced | null {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return null
  }
  const { id, personId, team, database, user } = (said ?? {}) as { [K in keyof Announced]: unknown }
  if (!isId(id) || !isId(personId) || !isText(team) || !isText(database) || !isText(user))
    return null
  return { id, personId, team, database, user }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isId = (value: unknown): value is string => isText(value) && UUID.test(value)
