import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Diagnosis } from '../../server/contract/diagnosis.ts'
import type { Token } from '../../server/contract/token.ts'
import { diagnoseConnection } from '../../server/core/diagnosis/diagnose-connection.ts'
import { DomainError } from '../../server/core/error.ts'
import { STEPS } from '../../server/core/health/finding.ts'
import { diagnosisStore } from '../../server/store/last-token.ts'
import { logOf } from '../store/store.ts'
import { openGrant, partsOf, usePortal } from './portal.ts'

/** Thrown instead of an answer of the store, where a test wants that. */
let fault: Error | undefined
const portal = usePortal((used) => ({
  diagnose: async (...given) => {
    const { access } = await partsOf(used)
    const store = diagnosisStore(used.store)
    return diagnoseConnection({
      showDoor: access.showDoor,
      store: { lastToken: (grant) => (fault ? Promise.reject(fault) : store.lastToken(grant)) },
      newestFinding: async () => used.newestFinding,
    })(...given)
  },
}))

const PAM = 'FATAL:  PAM authentication failed for user "orders_reader"'
async function granted(subject: string = randomUUID()) {
  const cookie = await portal.cookie('team', subject)
  return { cookie, grant: await openGrant(portal, cookie) }
}
const ask = (cookie: string, grant: string, body: object) =>
  portal.call('POST', `/api/grants/${grant}/diagnosis`, { cookie, body })
const mint = async (cookie: string, grant: string, endpoint = 'writer') => {
  const url = `/api/grants/${grant}/tokens`
  return (await portal.call('POST', url, { cookie, body: { endpoint } })).json<Token>()
}

describe('why a client does not get in', () => {
  test('is told by what it said and by the newest token of the grant', async () => {
    const { cookie, grant } = await granted()
    await mint(cookie, grant, 'writer')
    const { token, length } = await mint(cookie, grant, 'reader')

    const answer = await ask(cookie, grant, { text: PAM, receivedLength: 88 })

    expect(answer.statusCode, answer.body).toBe(200)
    const { means, causes, issued } = answer.json<Diagnosis>()
    expect(means).toContain('refused it')
    expect(causes[0]).toMatchObject({ id: 'truncated', certainty: 'certain', who: 'you' })
    expect(causes[0]?.because).toContain(`got 88 characters, and the token has ${length}`)
    expect(issued).toMatchObject({
      endpoint: 'reader',
      host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      port: 5432,
      region: 'eu-west-1',
      user: 'orders_reader',
      length,
      sha256: createHash('sha256').update(token).digest('hex'),
    })
    expect(Date.parse(issued!.expiresAt) - Date.parse(issued!.at)).toBeGreaterThan(14 * 60_000)
  })

  test('is that there was no token where the log has none, whatever another grant was given', async () => {
    const { cookie, grant } = await granted()
    await mint(cookie, grant)
    const other = await openGrant(portal, cookie)
    const { causes, issued } = (await ask(cookie, other, { text: PAM })).json<Diagnosis>()
    expect(causes[0]?.id).toBe('no-token')
    expect(issued).toBeNull()
  })

  test('is what the newest check of the database found', async () => {
    const { cookie, grant } = await granted()
    await mint(cookie, grant)
    portal.newestFinding = {
      database: 'orders',
      team: 'payments',
      user: 'orders_reader',
      endpoint: 'writer',
      at: new Date(),
      steps: STEPS.map((id) => ({
        id,
        state: id === 'clock' ? 'failed' : 'ok',
        evidence: '20 minutes',
        mend: null,
        code: null,
      })),
    }
    const { causes } = (await ask(cookie, grant, { text: PAM })).json<Diagnosis>()
    expect(causes[0]).toMatchObject({ id: 'clock', certainty: 'likely', who: 'administrator' })
  })

  test('is a matter of the holder alone: absent and forbidden are one answer', async () => {
    const { cookie, grant } = await granted()
    const other = await portal.cookie('team', 'somebody else')
    const [foreign, absent] = await Promise.all(
      [grant, randomUUID()].map((id) => ask(other, id, { text: PAM })),
    )
    const bare = (body: string) => ({ ...(JSON.parse(body) as object), requestId: '' })
    expect(foreign?.statusCode).toBe(404)
    expect(bare(foreign?.body ?? '')).toEqual(bare(absent?.body ?? ''))
    const end = `/api/grants/${grant}/end`
    await portal.call('POST', end, { cookie, body: {} })
    expect((await ask(cookie, grant, { text: PAM })).json()).toMatchObject({
      reason: 'grant_ended',
    })
  })
})

test('what was pasted is in no line, no event and no answer, also where the answer is an error', async () => {
  const { cookie, grant } = await granted()
  const other = await portal.cookie('team', 'somebody else')
  const pasted = randomBytes(24).toString('hex')
  const text = `${PAM}\npassword=${pasted} X-Amz-Signature=${pasted}`
  const before = (await logOf(portal.store)).length
  const long = 'x'.repeat(16_384)
  const answers = [
    await ask(cookie, grant, { text }),
    await ask(cookie, grant, { text: pasted }),
    await ask(other, grant, { text }),
    await ask('', grant, { text }),
    await ask(cookie, grant, { text: text + long }),
    await ask(cookie, grant, { text, receivedLength: pasted }),
    await ask(cookie, grant, { text: [text] }),
  ]
  for (const what of [
    new Error('a fault of ours'),
    new DomainError('unavailable', 'The database is away.'),
  ]) {
    fault = what
    answers.push(await ask(cookie, grant, { text }))
  }
  fault = undefined

  expect(answers.map(({ statusCode }) => statusCode)).toEqual([
    200, 200, 404, 401, 400, 400, 400, 500, 503,
  ])
  expect(portal.lines.length).toBeGreaterThan(8)
  expect(portal.lines.join()).toContain('a fault of ours')
  const { rows } = await portal.store.pool.query<{ log: string }>(
    `SELECT string_agg(l::text || l.payload, E'\\n') AS log FROM audit.log l`,
  )
  const kept = [portal.lines.join(), rows[0]!.log, ...answers.map(({ body }) => body)].join('\n')
  expect(kept).not.toContain(pasted)
  const since = (await logOf(portal.store)).slice(before)
  expect(since.map(({ action }) => action)).toEqual(['view.refused'])
})
