import type { OutletName } from '../core/audit/outlet.ts'
import type { AuditProofs, VerifiedBefore } from '../core/audit/proofs.ts'
import { consistencyProof, inclusionProof, rootAt } from '../core/audit/prove.ts'
import { DomainError } from '../core/error.ts'
import { guarded } from './failure.ts'
import { hashReader } from './hash-reader.ts'
import { outletStatus } from './outlets.ts'
import { sealLag } from './seal-lag.ts'
import { readKeys, readState } from './seal-rows.ts'
import type { Store } from './store.ts'

/**
 * Proofs from what is stored, as the portal's own role. A tree that is damaged proves nothing, and says so.
 * `served` are the outlets that are configured: of one that is not any more, the status says nothing.
 */
export function auditProofs({ pool, now }: Store, served: readonly OutletName[] = []): AuditProofs {
  const reader = hashReader(pool)
  const isServed = (name: string) => served.some((each) => each === name)
  const sealed = async () => (await readState(pool, false)).size
  const noteOf = async (size: number) => {
    const { rows } = await pool.query<{ note: string }>(
      'SELECT note FROM audit.checkpoint WHERE size = $1',
      [size],
    )
    return rows[0]?.note ?? null
  }
  return {
    checkpoint: () =>
      guarded(async () => {
        const { rows } = await pool.query<{ note: string }>(
          'SELECT note FROM audit.checkpoint ORDER BY size DESC LIMIT 1',
        )
        return rows[0]?.note ?? null
      }),

    inclusion: (seq, wanted) =>
      proven(async () => {
        const all = await sealed()
        const size = wanted ?? all
        if (size > all || seq >= size) return null
        const { rows } = await pool.query<{ event_id: string; leaf: Buffer }>(
          'SELECT event_id::text, leaf FROM audit.seal WHERE seq = $1',
          [seq],
        )
        const row = rows[0]
        if (!row) throw damaged()
        return {
          seq,
          size,
          eventId: row.event_id,
          leaf: row.leaf,
          proof: await inclusionProof(reader, seq, size),
          root: await rootAt(reader, size),
          checkpoint: await noteOf(size),
        }
      }),

    consistency: (from, wanted) =>
      proven(async () => {
        const all = await sealed()
        const to = wanted ?? all
        if (to > all || from > to) return null
        return {
          from,
          to,
          proof: await consistencyProof(reader, from, to),
          fromRoot: await rootAt(reader, from),
          toRoot: await rootAt(reader, to),
          checkpoint: await noteOf(to),
        }
      }),

    status: () =>
      guarded(async () => {
        const { origin, size } = await readState(pool, false)
        const { rows: newest } = await pool.query<{ size: string; root: Buffer; at: Date }>(
          'SELECT size, root, at FROM audit.checkpoint ORDER BY size DESC LIMIT 1',
        )
        const { rows: anchors } = await pool.query<Anchor>(
          'SELECT DISTINCT ON (place) place, size, ref, at FROM audit.anchor ORDER BY place, size DESC',
        )
        const { rows: keys } = await pool.query<{ id: string; at: Date }>(
          'SELECT id, at FROM audit.signing_key',
        )
        const since = new Map(keys.map(({ id, at }) => [id, at]))
        const checkpoint = newest[0] ?? null
        return {
          now: await now(),
          origin,
          sealed: size,
          lag: await sealLag(pool),
          checkpoint: checkpoint && { ...checkpoint, size: Number(checkpoint.size) },
          keys: (await readKeys(pool)).map((key) => ({ ...key, at: since.get(key.id)! })),
          anchors: anchors.map((anchor) => ({ ...anchor, size: Number(anchor.size) })),
          outlets: (await outletStatus(pool)).filter(({ name }) => isServed(name)),
        }
      }),

    lastVerified: () =>
      guarded(async () => {
        const { rows } = await pool.query<VerifiedRow>(
          `SELECT l.at, l.actor AS by, coalesce(p.name, p.email) AS by_name, l.payload_j AS detail
             FROM audit.log l LEFT JOIN person p ON p.id::text = l.actor
            WHERE l.action = 'log.verified' ORDER BY l.at DESC, l.id DESC LIMIT 1`,
        )
        const row = rows[0]
        return row ? { at: row.at, by: row.by, byName: row.by_name, ...row.detail } : null
      }),
  }
}

type Anchor = { place: string; size: string; ref: string; at: Date }
type VerifiedRow = {
  at: Date
  by: string
  by_name: string | null
  detail: Omit<VerifiedBefore, 'at' | 'by' | 'byName'>
}

const proven = <T>(work: () => Promise<T>): Promise<T> =>
  guarded(async () => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Error && /of the audit log is missing$/.test(error.message))
        throw damaged()
      throw error
    }
  })

const damaged = () =>
  new DomainError('conflict', 'The stored tree of the audit log is damaged: it proves nothing.', {
    reason: 'log_damaged',
    mend: 'Verify the log: it names what was changed.',
  })
