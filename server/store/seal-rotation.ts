import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Entry } from '../core/audit/entry.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import type { NoteSigner } from '../core/audit/note.ts'
import { signRotation } from '../core/audit/rotation.ts'
import type { Signing } from '../core/audit/seal-keys.ts'
import { insertEvent, payloadOf } from './audit.ts'
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
  signing: Changing,
): Promise<void> {
  const event = rotationOf(signing)
  const { rowCount } = await client.query(
    `SELECT FROM audit.event WHERE action = 'key.rotated' AND xid >= $1::xid8 AND payload = $2`,
    [watermark.toString(), payloadOf(event)],
  )
  if (rowCount === 0) await insertEvent((sql, values) => client.query(sql, values), event)
}

/** Ed25519 signs the same twice: the detail is known by its bytes, and nobody without both keys can write it. */
export const isRotation = (signing: Chosen, { action, payload }: Entry): boolean =>
  signing.state === 'changes' &&
  action === 'key.rotated' &&
  payload === payloadOf(rotationOf(signing))

/** Until the change is in the log the former key signs, its checkpoint has both, and from then on the new one signs alone. */
export const signersOf = (signing: Chosen, covers: boolean): NoteSigner[] =>
  signing.state !== 'changes'
    ? [signing.current]
    : covers
      ? [signing.previous, signing.current]
      : [signing.previous]

const rotationOf = ({ previous, current }: Changing): AuditEvent<'key.rotated'> => ({
  action: 'key.rotated',
  actor: 'portal',
  subject: current.id,
  requestId: randomUUID(),
  detail: signRotation(previous, current),
})
