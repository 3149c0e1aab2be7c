import { GRANT_COLUMNS } from './access-rows.ts'
import { INSERT_EVENT } from './audit.ts'
import { ALIVE, STALE } from './session.ts'

/**
 * Who asks is found here too, by the hash of their key, and not by a query before: it is locked and asked for life anyway.
 * A grant and a session that end wait for this lock, and this waits for them: the order of commits is the truth.
 * Not `FOR SHARE`: mints that come without a pause would share it past an end that waits, and the end would time out.
 */
export const LOCK = {
  name: 'mint_lock',
  text: `SELECT ${GRANT_COLUMNS}, s.id AS "sessionId", s.groups, p.issuer, p.subject, p.name, p.email,
                ${STALE} AS stale, clock_timestamp() AS now
           FROM access_grant g JOIN session s ON s.key_hash = $2 AND s.person_id = g.person_id JOIN person p ON p.id = g.person_id
          WHERE g.id = $1 AND ${ALIVE} FOR NO KEY UPDATE OF g, s`,
}

/** Window and session are asked again as the intent is written: what is above may be from before a wait for the lock. */
export const INTEND = {
  name: 'mint_intend',
  text: `${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7 FROM access_grant g, session s
          WHERE g.id = $8 AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp() AND clock_timestamp() < g.ends_at
            AND s.key_hash = $9 AND ${ALIVE}`,
}

/** An outcome comes within 30 s of its intent or never: the reaper, which waits for 60, cannot meet it. */
export const CONCLUDE = {
  name: 'mint_conclude',
  text: `${INSERT_EVENT} SELECT $1, $2, $3, $4, $5::uuid, $6, $7
          WHERE clock_timestamp() < $8::timestamptz + interval '30 seconds'`,
}
