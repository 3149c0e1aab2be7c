import { createHash, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Grant } from '../../server/core/access/grant.ts'
import { issueToken } from '../../server/core/access/issue-token.ts'
import { mintStore } from '../../server/store/mint.ts'
import { sessionStore } from '../../server/store/session.ts'
import { CATALOG, catalogOf } from '../http/portal.ts'
import { asSuperuser, failureOf, intentOf, openGrant } from './mint-scenes.ts'
import { logOf, type Person, signIn, useStore } from './store.ts'

const used = useStore()
let actor: Person
let grant: Grant

beforeEach(async () => {
  actor = (await signIn(used.store, { subject: randomUUID() })).actor
  grant = await openGrant(used.store, actor)
})

const mints = () => mintStore(used.store)
const intend = (id = randomUUID()) =>
  mints().intend(grant.id, actor.key, () => ({ event: intentOf(actor, grant.id, id) }))
const mintEvents = async () =>
  (await logOf(used.store)).filter(
    ({ action, actor: by }) => action.startsWith('token.') && by === actor.personId,
  )
const actionsOf = async () => (await mintEvents()).map(({ action }) => action)

const TOKEN = 'orders.example:5432/?Action=connect&X-Amz-Signature=0123456789abcdef'

/** The whole use case on the real store; AWS is two functions, since what is tried here is what the store does. */
const issue = (signing: () => Promise<void> = async () => {}) =>
  issueToken({
    mint: mints(),
    sessions: sessionStore(used.store),
    catalog: () => catalogOf(CATALOG),
    assumeRole: async () => ({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'x',
      sessionToken: 'x',
      expiresAt: new Date(Date.now() + 3_600_000),
      stsRequestId: 'r',
    }),
    signToken: async () => {
      await signing()
      const signedAt = new Date()
      return { token: TOKEN, signedAt, expiresAt: signedAt, endsWith: 'token' }
    },
    record: used.store.record,
    newId: randomUUID,
  })(actor, grant.id, 'writer')

describe('a mint', () => {
  test('is an intent and an outcome with the same id, and the token is in neither', async () => {
    expect((await issue()).token).toBe(TOKEN)

    const [intent, issued, ...more] = await mintEvents()
    expect([intent?.action, issued?.action, more]).toEqual(['token.intent', 'token.issued', []])
    expect(issued?.intent_id).toBe(intent?.intent_id)
    expect(issued?.payload_j['tokenSha256']).toBe(createHash('sha256').update(TOKEN).digest('hex'))
    expect(JSON.stringify(await logOf(used.store))).not.toContain('0123456789abcdef')
  })

  test('has its intent committed before anything is signed', async () => {
    let seen: string[] = []
    await issue(async () => {
      seen = await actionsOf()
    })

    expect(seen).toEqual(['token.intent'])
  })

  test('that is refused by the judge writes no intent', async () => {
    const refusal = new Error('refused')
    const refused = mints().intend(grant.id, actor.key, () => {
      throw refusal
    })

    await expect(refused).rejects.toBe(refusal)
    expect(await mintEvents()).toEqual([])
  })

  test('finds nothing with the session of somebody else', async () => {
    const other = await signIn(used.store, { subject: randomUUID() })
    let found: unknown
    const trying = mints().intend(grant.id, other.actor.key, (subject) => {
      found = subject
      throw new Error('looked')
    })

    await expect(trying).rejects.toThrow('looked')
    expect(found).toBeNull()
  })

  test('whose window closes while it is judged writes no intent', async () => {
    await asSuperuser(used.url, (client) =>
      client.query(
        `UPDATE access_grant SET ends_at = clock_timestamp() + interval '300 ms' WHERE id = $1`,
        [grant.id],
      ),
    )
    const late = mints().intend(grant.id, actor.key, (found) => {
      // The judge finds it open; then the time is up before the intent is written.
      expect(found!.now < found!.grant.endsAt).toBe(true)
      const end = Date.now() + 400
      while (Date.now() < end);
      return { event: intentOf(actor, grant.id) }
    })

    await expect(late).rejects.toMatchObject({ code: 'conflict', reason: 'grant_ended' })
    expect(await mintEvents()).toEqual([])
  })
})

describe('an outcome', () => {
  test('comes while its intent is younger than 30 seconds', async () => {
    const id = randomUUID()
    const { now } = await intend(id)
    await mints().conclude(failureOf(actor, grant.id, id), new Date(now.getTime() - 25_000))

    expect(await actionsOf()).toEqual(['token.intent', 'token.failed'])
  })

  test('does not come after 30 seconds, and nothing is written', async () => {
    const id = randomUUID()
    const { now } = await intend(id)
    const late = mints().conclude(failureOf(actor, grant.id, id), new Date(now.getTime() - 30_000))

    await expect(late).rejects.toMatchObject({ code: 'unavailable' })
    expect(await actionsOf()).toEqual(['token.intent'])
  })
})

describe('when the audit log cannot be written', () => {
  const COLUMNS = '(action, actor, subject, request_id, intent_id, address, payload)'
  const revoke = () =>
    asSuperuser(used.url, async (client) => {
      await client.query('REVOKE INSERT ON audit.event FROM latchkey_app')
    })
  afterEach(() =>
    asSuperuser(used.url, (client) =>
      client.query(`GRANT INSERT ${COLUMNS} ON audit.event TO latchkey_app`),
    ),
  )

  test('there is no intent, nothing is signed, and the answer is unavailable', async () => {
    await revoke()
    let signed = false
    const issuing = issue(async () => void (signed = true))

    await expect(issuing).rejects.toMatchObject({ code: 'unavailable' })
    expect(signed).toBe(false)
    expect(await mintEvents()).toEqual([])
  })

  test('after the signing, the token is thrown away and the intent stays without an outcome', async () => {
    const issuing = issue(revoke)

    await expect(issuing).rejects.toMatchObject({ code: 'unavailable' })
    expect(await actionsOf()).toEqual(['token.intent'])
  })

  test('since somebody holds it, the mint gives up within its limits', async () => {
    await asSuperuser(used.url, async (client) => {
      await client.query('BEGIN; LOCK TABLE audit.event IN EXCLUSIVE MODE')
      await expect(intend()).rejects.toMatchObject({ code: 'unavailable' })
      await client.query('ROLLBACK')
    })

    expect(await mintEvents()).toEqual([])
    await intend()
    expect(await actionsOf()).toEqual(['token.intent'])
  })
})
