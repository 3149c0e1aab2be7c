import type { Grant } from '../core/access/grant.ts'
import { DomainError } from '../core/error.ts'
import type { KeyHolder, KeyMintStore } from '../core/key/ports.ts'
import { GRANT_COLUMNS } from './access-rows.ts'
import { eventValues, INSERT_EVENT, storable } from './audit.ts'
import { guarded } from './failure.ts'
import { KEY_ALIVE } from './keys.ts'
import { inOneSegment, withClient } from './mint.ts'
import { hashOf } from './session.ts'
import type { Store } from './store.ts'

/** More open grants for the same are not looked at: the newest end is what is wanted. */
const MOST = 20

/**
 * Before the key, in the order of their ids, as an end of all access takes them. That they are the owner's is asked of a key
 * that is not locked yet, and of the locked one again by the intent.
 */
const LOCK_GRANTS = {
  name: 'key_mint_lock_grants',
  text: `SELECT ${GRANT_COLUMNS} FROM access_grant g WHERE g.id IN (
           SELECT o.id FROM access_grant o JOIN personal_key k ON k.person_id = o.person_id
            WHERE k.key_hash = $1 AND o.database = $2 AND o.db_user = $3 AND o.ended_at IS NULL AND o.ends_at > clock_timestamp()
            ORDER BY o.starts_at > clock_timestamp(), o.ends_at DESC LIMIT ${MOST})
            AND g.ended_at IS NULL AND g.ends_at > clock_timestamp()
          ORDER BY g.id FOR NO KEY UPDATE OF g`,
}

const LOCK_KEY = {
  name: 'key_mint_lock_key',
  text: `SELECT k.id AS "keyId", k.prefix, p.id AS "personId", p.issuer, p.subject, p.name, p.email, p.groups,
                p.signed_in_at AS "signedInAt", clock_timestamp() AS now
           FROM personal_key k JOIN person p ON p.id = k.person_id
          WHERE k.key_hash = $1 AND ${KEY_ALIVE} FOR NO KEY UPDATE OF k`,
}

/** Window and key are asked again as the intent is written: what is above may be from before a wait for a lock. */
const INTEND = {
  name: 'key_mint_intend',
  text: `${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM access_grant g JOIN personal_key k ON k.person_id = g.person_id
          WHERE g.id = $8 AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp() AND clock_timestamp() < g.ends_at
            AND k.key_hash = $9 AND ${KEY_ALIVE}`,
}

const TOUCH = {
  name: 'key_mint_touch',
  text: `UPDATE personal_key k SET last_used_at = clock_timestamp() WHERE k.key_hash = $1
            AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute')`,
}

/** T1 of a mint by key. What follows is that of every mint. */
export function keyMintStore({ pool }: Pick<Store, 'pool'>): KeyMintStore {
  return {
    intend: (key, { database, user }, judge) =>
      guarded(() =>
        withClient(pool, async (client) => {
          const hash = hashOf(key)
          const [, { rows: grants }, { rows }] = await inOneSegment(client, () => [
            client.query('BEGIN'),
            client.query<Grant>({ ...LOCK_GRANTS, values: [hash, database, storable(user)] }),
            client.query<KeyHolder & { now: Date }>({ ...LOCK_KEY, values: [hash] }),
          ])
          const holder = rows[0]
          const verdict = judge(holder ? { holder, grants, now: holder.now } : null)
          const [{ rowCount }] = await inOneSegment(client, () => [
            client.query({
              ...INTEND,
              values: [...eventValues(verdict.event), verdict.plan.grant.id, hash],
            }),
            client.query({ ...TOUCH, values: [hash] }),
            client.query('COMMIT'),
          ])
          if (rowCount !== 1)
            throw new DomainError('conflict', 'This access, or this key, has just ended.', {
              reason: 'grant_ended',
            })
          return { ...verdict, now: holder!.now }
        }),
      ),
  }
}
