import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { move, stateAfter } from '../../server/core/access/request-state.ts'
import type { RequestState } from '../../server/core/access/request.ts'
import { termsOf } from '../../server/core/access/policy.ts'
import type { Actor } from '../../server/core/actor.ts'
import { DomainError } from '../../server/core/error.ts'
import { catalogOf } from '../http/portal.ts'
import { asSuperuser } from '../store/mint-scenes.ts'
import { logOf } from '../store/store.ts'
import { times } from '../thorough.ts'
import { catalogText, TWO, useAccess, WISH } from './scenes.ts'

test('only a pending request moves: by people until its time is over, by the clock from then on', () => {
  const NOW = new Date('2030-01-01T10:00:00Z')
  const states: RequestState[] = [
    'pending',
    'approved',
    'denied',
    'withdrawn',
    'lapsed',
    'cancelled',
  ]
  const moves = ['approve', 'deny', 'withdraw', 'lapse', 'cancel'] as const
  for (const state of states)
    for (const wish of moves)
      for (const offset of [-1, 0, 1]) {
        const request = { state, lapsesAt: new Date(NOW.getTime() + offset) }
        const may = state === 'pending' && (offset > 0 ? wish !== 'lapse' : wish === 'lapse')
        expect(stateAfter(request, wish, NOW) !== null, `${state} ${wish} ${offset}`).toBe(may)
        if (!may)
          expect(() => move(request, wish, NOW)).toThrow(
            expect.objectContaining({ reason: 'request_closed' }),
          )
      }
  expect(stateAfter({ state: 'pending', lapsesAt: null }, 'approve', NOW)).toBeNull()
})

const { used, person, ask, grantsOf } = useAccess()
let people: Record<'lead' | 'second' | 'third' | 'administrator' | 'stranger', Actor>
beforeAll(async () => {
  people = {
    lead: await person('lead', 'leads'),
    second: await person('second', 'leads'),
    third: await person('third', 'leads', 'admins'),
    administrator: await person('administrator', 'admins'),
    stranger: await person('stranger', 'payments'),
  }
})

type Who = keyof typeof people | 'asker'
const DEEDS = [
  'approve',
  'approve',
  'approve',
  'approve',
  'deny',
  'withdraw',
  'lapse',
  'end',
  'revoke',
  'review',
  'endPerson',
  'longer',
  'shorter',
] as const
/** `who` does it; nobody in particular makes time pass or the rule `longer` and `shorter` again. */
type Act = { do: (typeof DEEDS)[number]; who: Who; stale: boolean }

/** What should be true of the request after each act: the rules of the product, said again in a few lines. */
type Model = {
  state: RequestState
  terms: number
  /** Who approved, and which terms. */
  approvals: Set<string>
  grant: 'none' | 'open' | 'ended'
}

const APPROVERS: Who[] = ['lead', 'second', 'third']
const SEES: Who[] = [...APPROVERS, 'administrator', 'asker']

function expected(model: Model, act: Act): string {
  if (['lapse', 'endPerson', 'longer', 'shorter'].includes(act.do)) return 'done'
  if (act.do === 'withdraw')
    return act.who !== 'asker' ? 'not_found' : model.state === 'pending' ? 'done' : 'request_closed'
  if (act.do === 'approve' || act.do === 'deny') {
    if (!SEES.includes(act.who)) return 'not_found'
    if (act.who === 'asker') return 'own_request'
    if (!APPROVERS.includes(act.who)) return 'not_approver'
    if (model.state !== 'pending') return 'request_closed'
    if (act.stale) return 'version_changed'
    return model.approvals.has(`${model.terms} ${act.who}`) ? 'already_decided' : 'done'
  }
  if (model.grant === 'none') return 'not_found'
  if (!SEES.includes(act.who)) return 'not_found'
  if (act.do === 'review') return act.who === 'asker' ? 'own_grant' : 'no_emergency'
  if (act.do === 'end') {
    if (act.who !== 'asker') return 'not_found'
  } else if (act.who === 'asker') return 'own_grant'
  return model.grant === 'open' ? 'done' : 'grant_ended'
}

function change(model: Model, act: Act): void {
  if (act.do === 'longer' || act.do === 'shorter') model.terms = act.do === 'longer' ? 2 : 1
  else if (act.do === 'lapse') model.state = model.state === 'pending' ? 'lapsed' : model.state
  else if (act.do === 'endPerson') {
    if (model.state === 'pending') model.state = 'cancelled'
    if (model.grant === 'open') model.grant = 'ended'
  } else if (act.do === 'withdraw') model.state = 'withdrawn'
  else if (act.do === 'deny') model.state = 'denied'
  else if (act.do === 'end' || act.do === 'revoke') model.grant = 'ended'
  else if (act.do === 'approve') {
    model.approvals.add(`${model.terms} ${act.who}`)
    const counted = [...model.approvals].filter((one) => one.startsWith(`${model.terms} `))
    if (counted.length >= 2) Object.assign(model, { state: 'approved', grant: 'open' })
  }
}

const acts = fc.array(
  fc.record({
    do: fc.constantFrom(...DEEDS),
    who: fc.constantFrom<Who>(...SEES, 'stranger'),
    stale: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 1, maxLength: 14 },
)

async function perform(act: Act, id: string, asker: Actor): Promise<void> {
  const { access } = used
  const actor = act.who === 'asker' ? asker : people[act.who]
  const grant = async () => (await grantsOf(id))[0]?.id ?? id
  switch (act.do) {
    case 'approve':
    case 'deny': {
      const version = act.stale ? 'of another time' : termsOf(used.catalog, WISH)
      await access.decideRequest(actor, id, { verdict: act.do, version, comment: 'because' })
      return
    }
    case 'withdraw':
      return void (await access.withdrawRequest(actor, id))
    case 'revoke':
      return void (await access.revokeGrant(actor, await grant(), 'over'))
    case 'end':
      return void (await access.endGrant(actor, await grant()))
    case 'review':
      return void (await access.reviewEmergency(actor, await grant(), 'seen'))
    case 'endPerson':
      return void (await access.endPerson(people.administrator, asker.personId, 'left'))
    case 'lapse':
      await asSuperuser(used.url, (client) =>
        client.query(
          `UPDATE access_request SET lapses_at = clock_timestamp() WHERE id = $1 AND state = 'pending'`,
          [id],
        ),
      )
      return void (await access.lapseRequests())
    default:
      used.catalog = catalogOf(catalogText(act.do === 'longer' ? TWO.replace('1h', '2h') : TWO))
  }
}

test('whatever people do in whatever order, the store says what the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (story) => {
      used.catalog = catalogOf(catalogText(TWO))
      const { id, asker } = await ask()
      const model: Model = { state: 'pending', terms: 1, approvals: new Set(), grant: 'none' }
      let changes = 0
      for (const act of story) {
        const outcome = await perform(act, id, asker).then(
          () => 'done',
          (error: unknown) => {
            if (!(error instanceof DomainError)) throw error
            return error.reason ?? error.code
          },
        )
        expect(outcome, JSON.stringify(act)).toBe(expected(model, act))
        if (outcome === 'done') change(model, act)
        if (outcome === 'done' && act.do !== 'longer' && act.do !== 'shorter') changes++

        const { seen } = await used.access.showRequest(asker, id)
        const { grant } = seen
        expect({
          state: seen.request.state,
          grant: grant ? (grant.state === 'ended' ? 'ended' : 'open') : 'none',
        }).toEqual({ state: model.state, grant: model.grant })
      }
      const told = (await logOf(used.store)).filter(({ payload_j }) => payload_j['request'] === id)
      const outcomes = told.filter(({ action }) =>
        /^request\.(approved|denied|withdrawn|lapsed|cancelled)$/.test(action),
      )
      expect(outcomes).toHaveLength(model.state === 'pending' ? 0 : 1)
      expect(changes).toBeGreaterThanOrEqual(outcomes.length)
    }),
    { numRuns: times(20, 60), interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false },
  )
}, 120_000)
