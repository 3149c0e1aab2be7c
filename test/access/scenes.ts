import { randomUUID } from 'node:crypto'
import { beforeEach } from 'vitest'
import { makeAccess } from '../../server/core/access/index.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { accessStore } from '../../server/store/access.ts'
import { mintStore } from '../../server/store/mint.ts'
import { sessionStore } from '../../server/store/session.ts'
import type { Store } from '../../server/store/store.ts'
import { catalogOf } from '../http/portal.ts'
import { logOf, type Person, signIn, useStore } from '../store/store.ts'

const DATABASE = `
    engine: aurora-postgresql
    account: "111122223333"
    region: eu-west-1
    resource: cluster-ABCDEFGHIJKL01234
    dbname: orders
    environment: production
    endpoints: { writer: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432' }`

/** One rule to change at will: `orders_writer` of `orders`, for the team `payments`. */
export const catalogText = (
  terms = 'duration: 1h, approval: { groups: [leads], count: 1 }, emergency: { duration: 30m }',
) => `
admins: [admins]
auditors: []
teams:
  payments:
    groups: [payments]
    roles: [{ arn: 'arn:aws:iam::111122223333:role/latchkey-payments', externalId: 6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11 }]
databases:
  orders:${DATABASE}
access:
  - { team: payments, databases: [orders], user: orders_reader, duration: 8h }
  - { team: payments, databases: [orders], user: orders_writer, ${terms} }
`
/** With a quorum of two. */
export const TWO = 'duration: 1h, approval: { groups: [leads], count: 2 }'

export type Portal = ReturnType<typeof portalOn>

/** The use cases of access on a store, under a catalog that can be swapped. AWS is not asked by any of them but the mint. */
export function portalOn(store: Store, catalog: () => Catalog) {
  const access = makeAccess({
    store: accessStore(store),
    mint: mintStore(store),
    sessions: sessionStore(store),
    catalog,
    assumeRole: async () => ({
      accessKeyId: 'ASIAFAKE',
      secretAccessKey: 'fake',
      sessionToken: 'fake',
      expiresAt: new Date(Date.now() + 3_600_000),
      stsRequestId: 'test',
    }),
    signToken: async ({ host }) => ({
      token: `${host}/?fake`,
      signedAt: new Date(),
      expiresAt: new Date(Date.now() + 900_000),
      endsWith: 'token',
    }),
    record: store.record,
    newId: randomUUID,
  })
  return access
}

export const WISH = {
  team: 'payments',
  database: 'orders',
  user: 'orders_writer',
  seconds: 600,
} as const

/** A portal on a database of its own, and the people of this file. */
export function useAccess() {
  const used = useStore() as ReturnType<typeof useStore> & { catalog: Catalog; access: Portal }
  beforeEach(() => {
    used.catalog = catalogOf(catalogText())
    used.access = portalOn(used.store, () => used.catalog)
  })
  return {
    used,
    person: async (subject: string, ...groups: string[]): Promise<Person> =>
      (
        await signIn(used.store, {
          subject,
          name: subject,
          email: `${subject}@example.com`,
          groups,
        })
      ).actor,
    /** Somebody new of the team, asking for `orders_writer`. */
    ask: async (over: Partial<Parameters<Portal['submitRequest']>[1]> = {}) => {
      const subject = `asker-${randomUUID()}`
      const { actor } = await signIn(used.store, { subject, name: subject, groups: ['payments'] })
      const { seen } = await used.access.submitRequest(actor, { ...WISH, ...over })
      return { asker: actor, id: seen.request.id }
    },
    /** The version that this person sees now. */
    versionFor: async () => {
      const { termsOf } = await import('../../server/core/access/policy.ts')
      return termsOf(used.catalog, WISH)
    },
    /** The actions in the log that name this request, oldest first. */
    storyOf: async (id: string) =>
      (await logOf(used.store))
        .filter(({ payload_j }) => payload_j['request'] === id)
        .map(({ action }) => action),
    messagesOf: async (id: string) => {
      const { rows } = await used.store.pool.query<{ topic: string; payload: { to: unknown } }>(
        'SELECT topic, payload FROM outbox WHERE request_id = $1 ORDER BY created_at',
        [id],
      )
      return rows
    },
    grantsOf: async (id: string) => {
      const { rows } = await used.store.pool.query<{ id: string }>(
        'SELECT id FROM access_grant WHERE request_id = $1',
        [id],
      )
      return rows
    },
  }
}
