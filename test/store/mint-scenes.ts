import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Grant } from '../../server/core/access/grant.ts'
import type { Actor } from '../../server/core/actor.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import type { AuditEvent } from '../../server/core/audit/event.ts'
import { accessStore } from '../../server/store/access.ts'
import type { Store } from '../../server/store/store.ts'

/** A grant of an hour for somebody, as a request without approval opens it. */
export const openGrant = (store: Store, { personId }: Pick<Actor, 'personId'>): Promise<Grant> =>
  accessStore(store).transaction(async (tx) =>
    tx.openGrant(
      await tx.approvedRequest({
        personId,
        team: 'payments',
        database: 'orders',
        user: 'orders_reader',
        seconds: 3600,
        reason: null,
        emergency: false,
        startsAt: null,
      }),
    ),
  )

/** No rule is asked where somebody ends what is theirs. */
export const noCatalog = (): Catalog => ({
  sha256: '',
  admins: [],
  auditors: [],
  teams: new Map(),
  databases: new Map(),
  rules: [],
})

const about = (actor: Pick<Actor, 'personId'>, intentId: string) => ({
  actor: { person: actor.personId },
  subject: 'orders',
  requestId: 'test',
  intentId,
})

export const intentOf = (
  actor: Pick<Actor, 'personId'>,
  grant: string,
  intentId: string = randomUUID(),
): AuditEvent<'token.intent'> & { intentId: string } => ({
  ...about(actor, intentId),
  action: 'token.intent',
  detail: {
    grant,
    team: 'payments',
    database: 'orders',
    user: 'orders_reader',
    endpoint: 'writer',
    role: 'arn:aws:iam::111122223333:role/latchkey-payments',
    sessionName: 'ada',
  },
})

export const failureOf = (
  actor: Pick<Actor, 'personId'>,
  grant: string,
  intentId: string,
): AuditEvent<'token.failed'> => ({
  ...about(actor, intentId),
  action: 'token.failed',
  detail: { grant, team: 'payments', database: 'orders', code: 'timeout' },
})

/** What only the owner of the database can do: revoke, lock, stop the clock, write an event of another hour. */
export async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** An intent without an outcome, of so many seconds ago. Returns its id. */
export async function leaveOrphan(
  client: pg.Client,
  actor: Pick<Actor, 'personId'>,
  grant: string,
  seconds: number,
): Promise<string> {
  const intentId = randomUUID()
  await client.query(
    `INSERT INTO audit.event (at, action, actor, subject, request_id, intent_id, payload)
     VALUES (pg_catalog.clock_timestamp() - make_interval(secs => $1), 'token.intent', $2, 'orders', 'test', $3, $4)`,
    [seconds, actor.personId, intentId, JSON.stringify(intentOf(actor, grant).detail)],
  )
  return intentId
}

/**
 * Puts a clock in front of the server's own in this database, for connections made from now on.
 * Returns the hand that sets it, to the microsecond.
 */
export async function ownClock(url: string): Promise<(at: string) => Promise<void>> {
  const name = new URL(url).pathname.slice(1)
  await asSuperuser(url, (client) =>
    client.query(`
      CREATE TABLE public.own_clock (at timestamptz NOT NULL);
      INSERT INTO public.own_clock VALUES (now());
      GRANT SELECT ON public.own_clock TO PUBLIC;
      CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT at FROM public.own_clock';
      ALTER DATABASE "${name}" SET search_path = public, pg_catalog`),
  )
  return (at) =>
    asSuperuser(
      url,
      async (client) => void (await client.query('UPDATE public.own_clock SET at = $1', [at])),
    )
}
