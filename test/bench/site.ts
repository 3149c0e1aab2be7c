import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SESSION_COOKIE } from '../../server/http/cookies.ts'
import { migrate } from '../../server/store/migrate.ts'
import { sessionStore } from '../../server/store/session.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { demoAccount, keepKeys } from '../lab/account.ts'
import { startPostgres } from '../lab/postgres.ts'
import { startSts } from '../lab/sts.ts'

/** One who asks for tokens: the key of a session, also as a cookie, and the ids of a person and a grant. */
export type Asker = { cookie: string; key: string; person: string; grant: string }

export type Site = {
  url: string
  /** What the processes that are measured are told. */
  environment: Record<string, string>
  askers: Asker[]
  /** The cookie of one who approves, and who administers. */
  lead: string
  close(): Promise<void>
}

/** The embedded PostgreSQL, migrated, the lab's STS, and as many people with a grant as there are connections. */
export async function openSite(people: number): Promise<Site> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const postgres = await startPostgres(home)
  await postgres.createDatabase('latchkey')
  const url = postgres.url('latchkey')
  await migrate(url)
  const keys = await keepKeys(home)
  const sts = await startSts({ account: demoAccount(keys) })
  const store = openStore(url)
  const askers = await makeAskers(store, people)
  const { cookie: lead } = await signIn(store, 'lead', ['payments-leads', 'platform-admins'])
  await store.close()
  return {
    url,
    askers,
    lead,
    environment: {
      DATABASE_URL: url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    },
    close: async () => {
      await sts.close()
      await postgres.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function makeAskers(store: Store, people: number): Promise<Asker[]> {
  const askers: Asker[] = []
  for (let i = 0; i < people; i++) {
    const { cookie, key, person } = await signIn(store, `person-${i}`, ['payments-engineers'])
    const { rows } = await store.pool.query<{ id: string }>(
      `WITH r AS (
         INSERT INTO access_request (id, person_id, team, database, db_user, seconds, state, closed_at)
         VALUES (gen_random_uuid(), $1, 'payments', 'orders', 'orders_reader', 28800, 'approved', now()) RETURNING *)
       INSERT INTO access_grant (id, request_id, person_id, team, database, db_user, starts_at, ends_at)
       SELECT gen_random_uuid(), r.id, r.person_id, r.team, r.database, r.db_user, now(), now() + interval '8 hours'
         FROM r RETURNING id`,
      [person],
    )
    askers.push({ cookie, key, person, grant: rows[0]?.id ?? '' })
  }
  return askers
}

async function signIn(store: Store, subject: string, groups: string[]) {
  const sessions = sessionStore(store)
  const { key } = await sessions.start(
    {
      issuer: 'https://id.example.com',
      subject,
      name: subject,
      email: `${subject}@example.com`,
      groups,
      groupsFrom: 'id_token',
      claims: [],
    },
    undefined,
    (person) => ({
      action: 'session.started',
      actor: { person },
      subject: null,
      requestId: 'bench',
      detail: {
        issuer: 'https://id.example.com',
        subject,
        groups,
        teams: ['payments'],
        newPerson: true,
        userAgent: 'bench',
      },
    }),
  )
  const session = await sessions.find(key)
  return { cookie: `${SESSION_COOKIE}=${key}`, key, person: session?.actor.personId ?? '' }
}
