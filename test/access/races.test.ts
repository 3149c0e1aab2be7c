import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { termsOf } from '../../server/core/access/policy.ts'
import type { Actor } from '../../server/core/actor.ts'
import type { Catalog } from '../../server/core/catalog/catalog.ts'
import { DomainError } from '../../server/core/error.ts'
import { migrate } from '../../server/store/migrate.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { catalogOf } from '../http/portal.ts'
import { startPostgres } from '../lab/postgres.ts'
import { freshDatabase } from '../lab/test-database.ts'
import { type Person, signIn } from '../store/store.ts'
import { times } from '../thorough.ts'
import { catalogText, type Portal, portalOn, TWO, WISH } from './scenes.ts'

const RACES = times(60, 300)
const AT_ONCE = 4

const debian =
  inject('thorough') && existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
        .map((version) => `/usr/lib/postgresql/${version}/bin`)
        .find((folder) => existsSync(join(folder, 'initdb')))
    : undefined
if (inject('thorough') && !debian)
  process.stdout.write('SKIPPED the races on Debian’s PostgreSQL: it is not installed\n')

/** A database on the embedded server of this run, or on one of Debian's own. */
async function openDatabase(binaries?: string): Promise<{ url: string; close(): Promise<void> }> {
  if (binaries === undefined) {
    const { url, drop } = await freshDatabase()
    return { url, close: drop }
  }
  const home = mkdtempSync(join(tmpdir(), 'latchkey-races-'))
  chmodSync(home, 0o711)
  const server = await startPostgres(home, { binaries })
  await server.createDatabase('latchkey')
  return {
    url: server.url('latchkey'),
    close: async () => {
      await server.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const SERVERS: [string, string | undefined][] = [['the embedded PostgreSQL', undefined]]
if (debian) SERVERS.push(['Debian’s PostgreSQL', debian])

describe.each(SERVERS)(`${RACES} races each between two portals on %s`, (_name, binaries) => {
  let database: { url: string; close(): Promise<void> }
  let stores: Store[]
  let leads: Actor[]
  const plain = catalogOf(catalogText())
  const two = catalogOf(catalogText(TWO))
  const gone = catalogOf(catalogText().replace(/ {2}- .*orders_writer.*\n/, ''))

  beforeAll(async () => {
    database = await openDatabase(binaries)
    await migrate(database.url)
    stores = [openStore(database.url), openStore(database.url)]
    leads = []
    for (const subject of ['lead', 'second'])
      leads.push((await signIn(stores[0]!, { subject, groups: ['leads'] })).actor)
  })
  afterAll(async () => {
    for (const store of stores ?? []) await store.close()
    await database?.close()
  })

  /** What a race left behind of one request. */
  async function remains(id: string) {
    const { rows } = await stores[0]!.pool.query<{
      state: string
      grants: number
      open: number
      closings: string[]
      started: number
    }>(
      `SELECT r.state, count(g.id)::int AS grants, count(g.id) FILTER (WHERE g.ended_at IS NULL)::int AS open,
              (SELECT array_agg(l.action ORDER BY l.id) FROM audit.log l WHERE l.payload_j->>'request' = $1
                  AND l.action IN ('request.approved', 'request.denied', 'request.withdrawn', 'request.lapsed', 'request.cancelled')) AS closings,
              (SELECT count(*)::int FROM audit.log l WHERE l.payload_j->>'request' = $1 AND l.action = 'grant.started') AS started
         FROM access_request r LEFT JOIN access_grant g ON g.request_id = r.id WHERE r.id = $1::uuid GROUP BY r.id`,
      [id],
    )
    return rows[0]!
  }

  type Track = {
    portals: [Portal, Portal]
    asker: Person
    id: string
    /** Once it has one. */
    grant: string
    version: string
    reload(catalog: Catalog): void
  }
  type Outcome = 'done' | string

  /** Both sides begin at once; who is a little ahead changes from race to race. */
  async function race(
    catalog: Catalog,
    [left, right]: [(track: Track) => Promise<unknown>, (track: Track) => Promise<unknown>],
    check: (
      outcomes: [Outcome, Outcome],
      left: Awaited<ReturnType<typeof remains>>,
      track: Track,
    ) => void | Promise<void>,
    before?: (track: Track) => Promise<unknown>,
  ) {
    const seen = new Map<string, number>()
    const one = async (i: number) => {
      let inForce = catalog
      const portals = stores.map((store) => portalOn(store, () => inForce)) as [Portal, Portal]
      const { actor: asker } = await signIn(stores[0]!, {
        subject: randomUUID(),
        groups: ['payments'],
      })
      const { seen: asked } = await portals[0].submitRequest(asker, WISH)
      const track: Track = {
        portals,
        asker,
        id: asked.request.id,
        grant: '',
        version: termsOf(catalog, WISH),
        reload: (next) => void (inForce = next),
      }
      await before?.(track)
      const settle = (work: Promise<unknown>): Promise<Outcome> =>
        work.then(
          () => 'done',
          (error: unknown) => {
            if (!(error instanceof DomainError)) throw error
            return error.reason ?? error.code
          },
        )
      const pause = () => new Promise((resolve) => setTimeout(resolve, (i % 5) * 2))
      const outcomes =
        i % 2
          ? [settle(left(track)), settle(pause().then(() => right(track)))]
          : [settle(pause().then(() => left(track))), settle(right(track))]
      const [a, b] = await Promise.all(outcomes)
      seen.set(`${a} ${b}`, (seen.get(`${a} ${b}`) ?? 0) + 1)
      await check([a!, b!], await remains(track.id), track)
    }
    for (let i = 0; i < RACES; i += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => one(i + n)))
    return seen
  }

  const decide =
    (portal: 0 | 1, verdict: 'approve' | 'deny', lead: number = portal) =>
    (track: Track) =>
      track.portals[portal].decideRequest(leads[lead]!, track.id, {
        verdict,
        version: track.version,
        comment: 'because',
      })

  test('approve and deny: one of them, and nothing of the other', async () => {
    const seen = await race(plain, [decide(0, 'approve'), decide(1, 'deny')], (outcomes, left) => {
      expect([...outcomes].sort()).toEqual(['done', 'request_closed'])
      const approved = outcomes[0] === 'done'
      expect(left).toEqual({
        state: approved ? 'approved' : 'denied',
        grants: approved ? 1 : 0,
        open: approved ? 1 : 0,
        closings: [approved ? 'request.approved' : 'request.denied'],
        started: approved ? 1 : 0,
      })
    })
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)

  test('approve and withdraw', async () => {
    const withdraw = ({ portals, asker, id }: Track) => portals[1].withdrawRequest(asker, id)
    const seen = await race(plain, [decide(0, 'approve'), withdraw], (outcomes, left) => {
      expect([...outcomes].sort()).toEqual(['done', 'request_closed'])
      const approved = outcomes[0] === 'done'
      expect(left).toMatchObject({
        state: approved ? 'approved' : 'withdrawn',
        grants: approved ? 1 : 0,
        closings: [approved ? 'request.approved' : 'request.withdrawn'],
      })
    })
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)

  test('two approvals where one is needed: one opens it, the other is told', async () => {
    await race(plain, [decide(0, 'approve'), decide(1, 'approve')], (outcomes, left) => {
      expect([...outcomes].sort()).toEqual(['done', 'request_closed'])
      expect(left).toMatchObject({ grants: 1, closings: ['request.approved'], started: 1 })
    })
  }, 180_000)

  test('two approvals where two are needed: both count, and one window opens', async () => {
    await race(two, [decide(0, 'approve'), decide(1, 'approve')], (outcomes, left) => {
      expect(outcomes).toEqual(['done', 'done'])
      expect(left).toMatchObject({ grants: 1, closings: ['request.approved'], started: 1 })
    })
  }, 180_000)

  test('the same approver twice is one approval', async () => {
    await race(two, [decide(0, 'approve', 0), decide(1, 'approve', 0)], (outcomes, left) => {
      expect([...outcomes].sort()).toEqual(['already_decided', 'done'])
      expect(left).toMatchObject({ state: 'pending', grants: 0, closings: null })
    })
  }, 180_000)

  test('approve, and a catalog without the rule: what opened gives no token', async () => {
    const reload = async ({ reload: swap }: Track) => swap(gone)
    const seen = await race(
      plain,
      [decide(0, 'approve'), reload],
      async ([approval], left, track) => {
        expect(['done', 'not_found']).toContain(approval)
        expect(left.grants).toBe(approval === 'done' ? 1 : 0)
        const { grants } = await track.portals[1].listGrants(track.asker)
        expect(grants.filter(({ usable }) => usable)).toEqual([])
        for (const { id } of grants)
          await expect(
            track.portals[0].issueToken(track.asker, id, 'writer'),
          ).rejects.toMatchObject({
            reason: 'rule_gone',
          })
      },
    )
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)

  const endPerson = ({ portals, asker }: Track) =>
    portals[1].endPerson(leads[1]!, asker.personId, 'gone')
  /** Of everything that this person ever asked for. */
  const stillOpen = async (asker: Actor) => {
    const { rows } = await stores[0]!.pool.query<{ open: number }>(
      `SELECT (SELECT count(*) FROM access_grant WHERE person_id = $1 AND ended_at IS NULL)::int
            + (SELECT count(*) FROM access_request WHERE person_id = $1 AND state = 'pending')::int
            + (SELECT count(*) FROM session WHERE person_id = $1)::int AS open`,
      [asker.personId],
    )
    return rows[0]!.open
  }

  test('approve, and the end of all access of the asker: nothing is open afterwards', async () => {
    const seen = await race(
      plain,
      [decide(0, 'approve'), endPerson],
      async (outcomes, left, { asker }) => {
        const approved = outcomes[0] === 'done'
        expect(outcomes).toEqual([approved ? 'done' : 'request_closed', 'done'])
        expect(left).toMatchObject({
          state: approved ? 'approved' : 'cancelled',
          grants: approved ? 1 : 0,
          open: 0,
          closings: [approved ? 'request.approved' : 'request.cancelled'],
        })
        expect(await stillOpen(asker)).toBe(0)
      },
    )
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)

  test('ask for what opens at once, and the end of all access of the asker', async () => {
    // The other side takes long enough that this has to come at any moment of it.
    const more = async ({ portals, asker }: Track) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120))
      return portals[0].submitRequest(asker, { ...WISH, user: 'orders_reader' })
    }
    const seen = await race(plain, [more, endPerson], async (outcomes, _left, { asker }) => {
      expect(['done', 'unauthenticated']).toContain(outcomes[0])
      expect(outcomes[1]).toBe('done')
      expect(await stillOpen(asker)).toBe(0)
    })
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)

  test('mint, and the end of all access of the holder: neither waits for the other in vain', async () => {
    const open = async (track: Track) => {
      const { seen } = await decide(0, 'approve')(track)
      track.grant = seen.grant!.id
    }
    const mint = ({ portals, asker, grant }: Track) => portals[0].issueToken(asker, grant, 'writer')
    await race(
      plain,
      [mint, endPerson],
      async (outcomes, left, { asker }) => {
        expect(['done', 'grant_ended', 'not_found', 'unauthenticated']).toContain(outcomes[0])
        expect(outcomes[1]).toBe('done')
        expect(left).toMatchObject({ grants: 1, open: 0 })
        expect(await stillOpen(asker)).toBe(0)
      },
      open,
    )
  }, 180_000)

  test('revoke and mint: no intent after the end, by the order in which they held the row', async () => {
    const open = async (track: Track) => {
      const { seen } = await decide(0, 'approve')(track)
      track.grant = seen.grant!.id
    }
    const mint = ({ portals, asker, grant }: Track) => portals[0].issueToken(asker, grant, 'writer')
    const revoke = ({ portals, grant }: Track) => portals[1].revokeGrant(leads[1]!, grant, 'over')
    const seen = await race(
      plain,
      [mint, revoke],
      async (outcomes, left, track) => {
        expect(['done', 'grant_ended']).toContain(outcomes[0])
        expect(outcomes[1]).toBe('done')
        expect(left).toMatchObject({ grants: 1, open: 0 })
        const { rows } = await stores[0]!.pool.query<{ action: string }>(
          `SELECT action FROM audit.log WHERE payload_j->>'grant' = $1 AND action IN ('token.intent', 'grant.ended') ORDER BY id`,
          [track.grant],
        )
        expect(rows.map(({ action }) => action)).toEqual(
          outcomes[0] === 'done' ? ['token.intent', 'grant.ended'] : ['grant.ended'],
        )
      },
      open,
    )
    expect(seen.size, 'both ways round').toBe(2)
  }, 180_000)
})
