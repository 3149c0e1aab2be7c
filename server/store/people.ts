import type { KnownPeople, KnownPerson } from '../core/access/known-person.ts'
import { guarded } from './failure.ts'
import type { Store } from './store.ts'

/** Everybody who ever signed in, by name. */
export const knownPeople =
  ({ pool, now }: Pick<Store, 'pool' | 'now'>): KnownPeople =>
  async () => ({
    now: await now(),
    people: await guarded(async () => {
      const { rows } = await pool.query<KnownPerson>(
        `SELECT id, name, email, subject, groups, signed_in_at AS "signedInAt"
           FROM person ORDER BY lower(coalesce(name, email, subject)), id`,
      )
      return rows
    }),
  })
