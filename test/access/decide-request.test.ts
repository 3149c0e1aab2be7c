import { beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../server/core/actor.ts'
import { catalogOf } from '../http/portal.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf, signIn } from '../store/store.ts'
import { catalogText, TWO, useAccess, WISH } from './scenes.ts'

const { used, person, ask, versionFor, storyOf, messagesOf, grantsOf } = useAccess()
let lead: Actor
let second: Actor
let administrator: Actor
beforeAll(async () => {
  lead = await person('lead', 'leads')
  second = await person('second', 'leads')
  administrator = await person('administrator', 'admins')
})

const approve = async (by: Actor, id: string, comment?: string) =>
  used.access.decideRequest(by, id, { verdict: 'approve', version: await versionFor(), comment })
const deny = async (by: Actor, id: string, comment?: string) =>
  used.access.decideRequest(by, id, { verdict: 'deny', version: await versionFor(), comment })

/** Refused for that reason: nothing of the request changed, nobody is told, and the attempt is in the log. */
async function expectRefused(id: string, attempt: () => Promise<unknown>, refusal: object) {
  const before = await stateOf(id)
  const said = (await logOf(used.store, 'decision.refused')).length
  await expect(attempt()).rejects.toMatchObject(refusal)
  expect(await stateOf(id)).toEqual(before)
  expect(await logOf(used.store, 'decision.refused')).toHaveLength(said + 1)
}
async function stateOf(id: string) {
  const { rows } = await used.store.pool.query(
    `SELECT r.*, (SELECT count(*) FROM request_decision d WHERE d.request_id = r.id) AS decisions,
            (SELECT count(*) FROM access_grant g WHERE g.request_id = r.id) AS grants,
            (SELECT count(*) FROM outbox o WHERE o.request_id = r.id) AS messages
       FROM access_request r WHERE r.id = $1`,
    [id],
  )
  return rows[0] as { state: string }
}

describe('a request that waits', () => {
  test('opens nothing, and its approvers are told', async () => {
    const { id, asker } = await ask({ reason: 'INC-1' })
    expect(await stateOf(id)).toMatchObject({ state: 'pending', decisions: '0', grants: '0' })
    expect(await storyOf(id)).toEqual(['request.created'])
    expect(await messagesOf(id)).toMatchObject([
      {
        topic: 'request.waiting',
        payload: { to: { groups: ['leads'], except: [asker.personId] }, text: { reason: 'INC-1' } },
      },
    ])
  })

  test('is one for each person and rule: a second is refused, and may be asked once the first is over', async () => {
    const { id, asker } = await ask()
    await expect(used.access.submitRequest(asker, WISH)).rejects.toMatchObject({
      code: 'conflict',
      reason: 'already_open',
    })
    await used.access.withdrawRequest(asker, id)
    await used.access.submitRequest(asker, WISH)
  })

  test('twenty at the same moment are one', async () => {
    const asker = await person('hasty', 'payments')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => used.access.submitRequest(asker, WISH)),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { rows } = await used.store.pool.query(
      'SELECT state FROM access_request WHERE person_id = $1',
      [asker.personId],
    )
    expect(rows).toEqual([{ state: 'pending' }])
  })
})

describe('an approval', () => {
  test('opens the window in the same breath, for as long as was asked', async () => {
    const { id, asker } = await ask()
    const { seen } = await approve(lead, id, 'go ahead')

    expect(seen.request.state).toBe('approved')
    const { startsAt, endsAt, state, usable } = seen.grant!
    expect(endsAt.getTime() - startsAt.getTime()).toBe(600_000)
    expect({ state, usable }).toEqual({ state: 'active', usable: true })
    expect(await storyOf(id)).toEqual([
      'request.created',
      'decision.made',
      'request.approved',
      'grant.started',
    ])
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      topic: 'request.approved',
      payload: { to: { people: [asker.personId] }, text: { by: 'lead', comment: 'go ahead' } },
    })
    await used.access.issueToken(asker, seen.grant!.id, 'writer')
  })

  test('of two that are needed opens nothing; the second does', async () => {
    used.catalog = catalogOf(catalogText(TWO))
    const { id } = await ask()
    const first = await approve(lead, id)
    expect(first.seen).toMatchObject({ grant: null, approvals: { have: 1, need: 2 } })
    expect(await grantsOf(id)).toEqual([])
    await expectRefused(id, () => approve(lead, id), { reason: 'already_decided' })

    expect((await approve(second, id)).seen.grant).not.toBeNull()
  })

  test('no longer counts when its approver has left the group', async () => {
    used.catalog = catalogOf(catalogText(TWO))
    const { id } = await ask()
    const leaver = await person('leaver', 'leads')
    await approve(leaver, id)
    await person('leaver', 'others')

    const { seen } = await approve(second, id)
    expect(seen).toMatchObject({ grant: null, approvals: { have: 1, need: 2 } })
    expect((await approve(lead, id)).seen.grant).not.toBeNull()
  })

  test('no longer counts when the rule has changed, and may be given again', async () => {
    used.catalog = catalogOf(catalogText(TWO))
    const { id } = await ask()
    await approve(lead, id)
    const waits = async () =>
      (await used.access.listRequests(lead, { view: 'waiting' })).requests.some(
        ({ request, waitsForMe }) => request.id === id && waitsForMe,
      )
    expect(await waits()).toBe(false)
    used.catalog = catalogOf(catalogText(TWO.replace('1h', '2h')))
    expect(await waits()).toBe(true)

    expect((await approve(second, id)).seen).toMatchObject({ approvals: { have: 1, need: 2 } })
    expect((await approve(lead, id)).seen.grant).not.toBeNull()
  })

  test('of what the approver did not see is refused', async () => {
    const { id } = await ask()
    const version = await versionFor()
    used.catalog = catalogOf(catalogText('duration: 8h, approval: { groups: [leads], count: 1 }'))
    await expectRefused(
      id,
      () => used.access.decideRequest(lead, id, { verdict: 'approve', version }),
      { code: 'conflict', reason: 'version_changed' },
    )
  })

  test('gives nothing that the rule no longer allows', async () => {
    const { id } = await ask({ seconds: 3600 })
    used.catalog = catalogOf(catalogText('duration: 30m, approval: { groups: [leads], count: 1 }'))
    await expectRefused(id, () => approve(lead, id), { reason: 'no_longer_allowed' })
  })

  test('gives nothing to somebody who has left the team', async () => {
    const { id, asker } = await ask()
    await signIn(used.store, { subject: asker.subject, groups: ['others'] })
    await expectRefused(id, () => approve(lead, id), { reason: 'no_longer_allowed' })
    await deny(lead, id, 'you have left')
  })

  test('by nobody who sees it but does not approve', async () => {
    const { id } = await ask()
    await expectRefused(id, () => approve(administrator, id), {
      code: 'forbidden',
      reason: 'not_approver',
    })
  })

  test('by a stranger is as if the request were not there', async () => {
    const { id } = await ask()
    const stranger = await person('stranger', 'payments')
    await expectRefused(id, () => approve(stranger, id), { code: 'not_found' })
    await expect(used.access.showRequest(stranger, id)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a denial', () => {
  test('ends it, whatever others said before', async () => {
    used.catalog = catalogOf(catalogText(TWO))
    const { id, asker } = await ask()
    await approve(lead, id)
    const { seen } = await deny(second, id, 'not on a Friday')
    expect(seen).toMatchObject({ request: { state: 'denied' }, grant: null })
    expect((await storyOf(id)).slice(-2)).toEqual(['decision.made', 'request.denied'])
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      topic: 'request.denied',
      payload: { to: { people: [asker.personId] }, text: { comment: 'not on a Friday' } },
    })
    await expectRefused(id, () => approve(lead, id), { reason: 'request_closed' })
  })

  test.each([undefined, '', '  \n '])('with %j for a comment is refused', async (comment) => {
    const { id } = await ask()
    await expectRefused(id, () => deny(lead, id, comment), {
      code: 'invalid',
      reason: 'comment_required',
    })
  })
})

describe('the requester may not decide', () => {
  const both = ['payments', 'leads', 'admins']
  test('as an approver of the rule, as an administrator, and in a second session', async () => {
    const asker = await person('both', ...both)
    const { seen } = await used.access.submitRequest(asker, WISH)
    const { id } = seen.request
    const again = await person('both', ...both)
    expect(again.sessionId).not.toBe(asker.sessionId)
    for (const actor of [asker, again]) {
      await expectRefused(id, () => approve(actor, id), {
        code: 'forbidden',
        reason: 'own_request',
      })
      await expectRefused(id, () => deny(actor, id, 'no'), { reason: 'own_request' })
    }
    expect((await used.access.showRequest(asker, id)).may).toMatchObject({
      decide: false,
      withdraw: true,
    })
    const waiting = await used.access.listRequests(asker, { view: 'waiting' })
    expect(waiting.requests.map(({ request }) => request.id)).not.toContain(id)
  })

  test('below the program either: the database refuses the row', async () => {
    const { id, asker } = await ask()
    await expect(
      used.store.pool.query(
        `INSERT INTO request_decision (id, request_id, person_id, verdict, terms) VALUES (gen_random_uuid(), $1, $2, 'approve', 'x')`,
        [id, asker.personId],
      ),
    ).rejects.toThrow(/nobody decides on their own request/)
  })
})

describe('withdrawn, or lapsed', () => {
  test('whoever asked takes it back; nobody else can', async () => {
    const { id, asker } = await ask()
    for (const other of [lead, administrator])
      await expect(used.access.withdrawRequest(other, id)).rejects.toMatchObject({
        code: 'not_found',
      })
    const { seen } = await used.access.withdrawRequest(asker, id)
    expect(seen.request.state).toBe('withdrawn')
    await expect(used.access.withdrawRequest(asker, id)).rejects.toMatchObject({
      reason: 'request_closed',
    })
    await expectRefused(id, () => approve(lead, id), { reason: 'request_closed' })
  })

  const overdue = (id: string) =>
    asSuperuser(used.url, (client) =>
      client.query('UPDATE access_request SET lapses_at = clock_timestamp() WHERE id = $1', [id]),
    )

  test('what nobody decided in time is closed once, and whoever asked is told', async () => {
    const { id, asker } = await ask()
    await used.access.lapseRequests()
    expect(await stateOf(id)).toMatchObject({ state: 'pending' })
    await overdue(id)
    const rounds = await Promise.all(Array.from({ length: 5 }, () => used.access.lapseRequests()))
    expect(rounds.reduce((sum, n) => sum + n, 0)).toBe(1)
    expect(await storyOf(id)).toEqual(['request.created', 'request.lapsed'])
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      topic: 'request.lapsed',
      payload: { to: { people: [asker.personId] } },
    })
  })

  test('from the moment that its time is over, it cannot be decided or withdrawn', async () => {
    const { id, asker } = await ask()
    await overdue(id)
    await expectRefused(id, () => approve(lead, id), { reason: 'request_closed' })
    await expect(used.access.withdrawRequest(asker, id)).rejects.toMatchObject({
      reason: 'request_closed',
    })
  })

  test('it waits for 24 hours, unless the rule says otherwise', async () => {
    const waits = async () => {
      const { id } = await ask()
      const { rows } = await used.store.pool.query<{ seconds: number }>(
        `SELECT extract(epoch FROM lapses_at - created_at)::float8 AS seconds FROM access_request WHERE id = $1`,
        [id],
      )
      return rows[0]!.seconds
    }
    expect(await waits()).toBeCloseTo(86_400, 1)
    used.catalog = catalogOf(
      catalogText('duration: 1h, approval: { groups: [leads], count: 1, within: 2h }'),
    )
    expect(await waits()).toBeCloseTo(7_200, 1)
  })
})

test('a change whose event cannot be written does not happen', async () => {
  const { id } = await ask()
  const columns = '(action, actor, subject, request_id, intent_id, address, payload)'
  await asSuperuser(used.url, async (client) => {
    await client.query('REVOKE INSERT ON audit.event FROM latchkey_app')
    try {
      await expect(approve(lead, id)).rejects.toMatchObject({ code: 'unavailable' })
      await expect(deny(lead, id, 'no')).rejects.toMatchObject({ code: 'unavailable' })
    } finally {
      await client.query(`GRANT INSERT ${columns} ON audit.event TO latchkey_app`)
    }
  })
  expect(await stateOf(id)).toMatchObject({ state: 'pending', decisions: '0', grants: '0' })
})
