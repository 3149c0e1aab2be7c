import { Gauge, type Registry } from 'prom-client'
import { type AuditSources, readAuditIn } from './read-audit.ts'

/** What waits in the store, for all portals of it together. */
export type Waiting = {
  requestsPending: number
  emergenciesUnreviewed: number
  outboxPending: number
  deliveriesRetrying: number
  deliveriesGivenUp: number
}

export type Sources = AuditSources & {
  waiting: () => Promise<Waiting>
  pool: () => { idle: number; busy: number; waiting: number }
  catalog: () => { loadedAt: Date; refused: boolean }
}

/**
 * Registers what is read at each scrape, and returns the reading. Where the store does not answer, what only it knows is
 * left out: an old number would look like a true one. Never throws.
 */
export function readIn(registry: Registry, sources: Sources): () => Promise<void> {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const up = gauge('latchkey_store_up', 'Whether the store answered at this scrape.')
  const pending = gauge('latchkey_requests_pending', 'Access requests that nobody has decided.')
  const unreviewed = gauge(
    'latchkey_emergencies_unreviewed',
    'Emergencies that nobody has reviewed.',
  )
  const outbox = gauge(
    'latchkey_outbox_pending',
    'Messages and deliveries that wait for their turn, first or next.',
  )
  const failing = new Gauge({
    name: 'latchkey_deliveries_failing',
    help: 'Deliveries that failed at least once and did not arrive: tried again, or given up within the last 30 days.',
    labelNames: ['state'],
    registers,
  })
  const pool = new Gauge({
    name: 'latchkey_pool_connections',
    help: 'Connections of this process to the store.',
    labelNames: ['state'],
    registers,
  })
  const queue = gauge('latchkey_pool_waiting', 'Statements that wait for a connection.')
  const loadedAt = gauge(
    'latchkey_catalog_last_load_timestamp_seconds',
    'When the catalog in force was loaded.',
  )
  const refused = gauge(
    'latchkey_catalog_refused',
    'Whether a newer catalog file was refused, so that the one in force is older than what is written.',
  )

  const readAudit = readAuditIn(registry, sources)

  const readProcess = () => {
    const { idle, busy, waiting } = sources.pool()
    pool.set({ state: 'idle' }, idle)
    pool.set({ state: 'busy' }, busy)
    queue.set(waiting)
    const catalog = sources.catalog()
    loadedAt.set(catalog.loadedAt.getTime() / 1000)
    refused.set(Number(catalog.refused))
  }

  const readStore = async () => {
    let found: Waiting
    try {
      found = await sources.waiting()
    } catch {
      up.set(0)
      for (const gauge of [pending, unreviewed, outbox, failing]) gauge.reset()
      for (const gauge of [pending, unreviewed, outbox]) gauge.remove()
      return
    }
    up.set(1)
    pending.set(found.requestsPending)
    unreviewed.set(found.emergenciesUnreviewed)
    outbox.set(found.outboxPending)
    failing.set({ state: 'retrying' }, found.deliveriesRetrying)
    failing.set({ state: 'given_up' }, found.deliveriesGivenUp)
  }

  return async () => {
    // Before the store is asked: the question itself takes a connection.
    readProcess()
    await Promise.all([readStore(), readAudit()])
  }
}
