import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Entry } from '../core/audit/entry.ts'
import type { NoteSigner } from '../core/audit/note.ts'
import type { Signing } from '../core/audit/seal-keys.ts'
import { insertEvent } from './audit.ts'
import type { SealerState } from './seal-rows.ts'

type Chosen = Exclude<Signing, { state: 'refuses' }>
type Changing = Extract<Signing, { state: 'changes' }>

/**
 * A change of key is an event itself, written once, in the transaction of a batch that it is not part of:
 * it waits, like every event, until its transaction is over.
 */
export async function recordRotation(
  client: pg.PoolClient,
  { watermark }: SealerState,
  { current, previous }: Changing,
): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM audit.event WHERE action = 'key.rotated' AND xid >= $1::xid8 AND payload_j->>'to' = $2`,
    [watermark.toString(), current.key],
  )
  if (rowCount !== 0) return
  await insertEvent((sql, values) => client.query(sql, values), {
    action: 'key.rotated',
    actor: 'portal',
    subject: current.id,
    requestId: randomUUID(),
    detail: { from: previous.key, to: current.key },
  })
}

/** Until the change is in the log the former key signs, its checkpoint has both, and from then on the new one signs alone. */
export const signersOf = (signing: Chosen, covers: boolean): NoteSigner[] =>
  signing.state !== 'changes'
    ? [signing.current]
    : covers
      ? [signing.previous, signing.current]
      : [signing.previous]

export const isRotationTo = ({ key }: NoteSigner, { action, actor, payload }: Entry): boolean =>
  action === 'key.rotated' &&
  actor === 'portal' &&
  (JSON.parse(payload) as { to?: unknown }).to === key
