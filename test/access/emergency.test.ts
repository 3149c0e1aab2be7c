import { beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../server/core/actor.ts'
import { logOf } from '../store/store.ts'
import { useAccess, WISH } from './scenes.ts'

const { used, person, ask, versionFor, messagesOf, storyOf, grantsOf } = useAccess()
let lead: Actor
let administrator: Actor
beforeAll(async () => {
  lead = await person('lead', 'leads')
  administrator = await person('administrator', 'admins')
})
const REASON = 'Orders are stuck since 03:02, nobody answers'
let people = 0
async function breakGlass(over: object = {}) {
  const holder = await person(`holder-${people++}`, 'payments', 'leads')
  const { seen } = await used.access.submitRequest(holder, {
    ...WISH,
    emergency: true,
    reason: REASON,
    ...over,
  })
  return { holder, id: seen.request.id, grant: seen.grant! }
}

describe('an emergency', () => {
  test('opens at once, is marked, and all approvers and administrators are told', async () => {
    const { holder, id, grant } = await breakGlass()
    expect(grant).toMatchObject({ emergency: true, state: 'active', usable: true })
    expect(await messagesOf(id)).toMatchObject([
      {
        topic: 'emergency.opened',
        payload: { to: { groups: ['leads', 'admins'], except: [holder.personId] } },
      },
    ])
    const [created, started] = (await logOf(used.store)).filter(
      ({ payload_j }) => payload_j['request'] === id,
    )
    expect(created).toMatchObject({ action: 'request.created', payload_j: { emergency: true } })
    expect(started).toMatchObject({ action: 'grant.started', payload_j: { emergency: true } })
    await used.access.issueToken(holder, grant.id, 'writer')
  })

  test.each([
    ['no reason', { reason: undefined }, 'reason_required'],
    ['a reason of nine characters', { reason: '123456789' }, 'reason_required'],
    ['a second more than it allows', { seconds: 1801 }, 'too_long'],
    ['a rule that has none', { user: 'orders_reader' }, 'no_emergency'],
    ['a later start', { startsAt: new Date(Date.now() + 60_000) }, 'start_past'],
  ])('with %s is refused, and opens nothing', async (_what, over, reason) => {
    const opened = async () => (await logOf(used.store, 'grant.started')).length
    const before = await opened()
    await expect(breakGlass(over)).rejects.toMatchObject({ code: 'invalid', reason })
    expect(await opened()).toBe(before)
  })

  test('waits for a review by somebody else, also after it has ended', async () => {
    const { holder, id, grant } = await breakGlass()
    await used.access.endGrant(holder, grant.id)
    const waits = async (actor: Actor) =>
      (await used.access.listRequests(actor, { view: 'waiting' })).requests.some(
        ({ request }) => request.id === id,
      )
    expect([await waits(holder), await waits(lead), await waits(administrator)]).toEqual([
      false,
      true,
      true,
    ])
    await expect(used.access.reviewEmergency(holder, grant.id, 'all fine')).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'own_grant',
    })

    const { seen, may } = await used.access.reviewEmergency(lead, grant.id, 'It was needed.')
    expect(seen.review).toMatchObject({ comment: 'It was needed.', by: { id: lead.personId } })
    expect(may.review).toBe(false)
    expect([await waits(lead), await waits(administrator)]).toEqual([false, false])
    expect(await storyOf(id)).toContain('emergency.reviewed')
    await expect(
      used.access.reviewEmergency(administrator, grant.id, 'me too'),
    ).rejects.toMatchObject({ reason: 'already_reviewed' })
  })

  test('twenty reviews at the same moment are one', async () => {
    const { grant } = await breakGlass()
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        used.access.reviewEmergency(i % 2 ? lead : administrator, grant.id, `nr ${i}`),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('below the program, too, nobody reviews their own', async () => {
    const { holder, grant } = await breakGlass()
    await expect(
      used.store.pool.query(
        'INSERT INTO emergency_review (grant_id, person_id, comment) VALUES ($1, $2, $3)',
        [grant.id, holder.personId, 'fine'],
      ),
    ).rejects.toThrow(/nobody reviews their own emergency/)
  })

  test('what was none is not reviewed', async () => {
    const holder = await person(`holder-${people++}`, 'payments')
    const { seen } = await used.access.submitRequest(holder, { ...WISH, user: 'orders_reader' })
    await expect(
      used.access.reviewEmergency(administrator, seen.grant!.id, 'fine'),
    ).rejects.toMatchObject({ reason: 'no_emergency' })
  })
})

describe('revoking', () => {
  test.each([
    ['an approver of its rule', () => lead],
    ['an administrator', () => administrator],
  ])('%s ends it with a reason, and the holder is told', async (_who, by) => {
    const { holder, id, grant } = await breakGlass()
    const { seen } = await used.access.revokeGrant(by(), grant.id, 'The incident is over.')
    expect(seen.grant).toMatchObject({
      state: 'ended',
      endedBy: by().personId,
      endReason: 'The incident is over.',
    })
    expect((await logOf(used.store, 'grant.ended')).at(-1)).toMatchObject({
      payload_j: { how: 'revoked', person: holder.personId, reason: 'The incident is over.' },
    })
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      topic: 'grant.revoked',
      payload: { to: { people: [holder.personId] } },
    })
    await expect(used.access.issueToken(holder, grant.id, 'writer')).rejects.toMatchObject({
      reason: 'grant_ended',
    })
  })

  test('one’s own is ended, not revoked; a stranger finds nothing; both are recorded', async () => {
    const { holder, grant } = await breakGlass()
    const stranger = await person('stranger', 'payments')
    const recorded = async () => (await logOf(used.store, 'grant.refused')).length
    const before = await recorded()
    await expect(used.access.revokeGrant(holder, grant.id, 'x')).rejects.toMatchObject({
      reason: 'own_grant',
    })
    await expect(used.access.revokeGrant(stranger, grant.id, 'x')).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await recorded()).toBe(before + 2)
    expect(await grantsOf(grant.requestId)).toHaveLength(1)
    await used.access.issueToken(holder, grant.id, 'writer')
  })

  test('all access of a person, and all to a database, ends in one step', async () => {
    const one = await breakGlass()
    const two = await breakGlass()
    await used.access.submitRequest(one.holder, { ...WISH, user: 'orders_reader' })
    const open = async (holder: Actor) =>
      (await used.access.listGrants(holder)).grants.filter(({ state }) => state !== 'ended').length
    expect([await open(one.holder), await open(two.holder)]).toEqual([2, 1])

    const { personId } = one.holder
    const all = await used.access.endPerson(administrator, personId, 'left the company')
    expect(all).toEqual({ ended: 2, cancelled: 0, sessions: 1, keys: 0 })
    expect([await open(one.holder), await open(two.holder)]).toEqual([0, 1])
    await used.access.endDatabase(administrator, 'orders', 'breach')
    expect(await open(two.holder)).toBe(0)
    expect(await used.access.endPerson(administrator, personId, 'again')).toEqual({
      ended: 0,
      cancelled: 0,
      sessions: 0,
      keys: 0,
    })
  })

  test('with all access of a person, what they asked for is cancelled and told, and they are signed out', async () => {
    const { asker, id } = await ask({ reason: 'please' })
    const other = await ask()
    const told = (await logOf(used.store)).length

    const all = await used.access.endPerson(administrator, asker.personId, ' left ')
    expect(all).toEqual({ ended: 0, cancelled: 1, sessions: 1, keys: 0 })

    const { seen, may } = await used.access.showRequest(lead, id)
    expect(seen.request).toMatchObject({ state: 'cancelled' })
    expect(seen.cancelled).toEqual({ by: 'administrator', reason: 'left' })
    expect(may).toMatchObject({ decide: false, withdraw: false })
    const [waits, cancelled] = await messagesOf(id)
    expect(waits).toMatchObject({ topic: 'request.waiting' })
    expect(cancelled).toMatchObject({
      topic: 'request.cancelled',
      payload: { to: { people: [asker.personId] }, text: { by: 'administrator', comment: 'left' } },
    })
    const events = (await logOf(used.store)).slice(told)
    expect(events).toMatchObject([
      {
        action: 'request.cancelled',
        actor: administrator.personId,
        payload_j: { request: id, person: asker.personId, reason: 'left' },
      },
      {
        action: 'session.ended',
        actor: administrator.personId,
        payload_j: { how: 'by_administrator', person: asker.personId, sessions: 1 },
      },
      {
        action: 'access.ended',
        payload_j: { person: asker.personId, reason: 'left', grants: 0, requests: 1, sessions: 1 },
      },
    ])
    // Whoever still acts for that session is told to sign in; others go on.
    await expect(used.access.submitRequest(asker, WISH)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    expect((await used.access.showRequest(lead, other.id)).seen.request.state).toBe('pending')
    await expect(
      used.access.decideRequest(lead, id, { verdict: 'approve', version: await versionFor() }),
    ).rejects.toMatchObject({ reason: 'request_closed' })
  })
})
