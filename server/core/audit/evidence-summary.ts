import type { SealedEvent } from './export-ports.ts'

/** Of each kind at most so many are told on the summary page; the tables beside it have all. */
export const MOST = 1_000

export type RequestStory = {
  seq: number
  at: string
  request: string
  person: string
  database: string
  user: string
  seconds: number
  reason: string | null
  emergency: boolean
  decisions: { seq: number; person: string; verdict: string; comment: string | null }[]
  /** `pending` where nothing in the period ended it. */
  outcome: string
}

export type GrantStory = {
  seq: number
  grant: string
  person: string
  database: string
  user: string
  startsAt: string
  endsAt: string
  emergency: boolean
  ended: { how: string; by: string; reason: string | null } | null
  tokens: number
  review: { by: string; comment: string } | null
}

export type Summary = {
  count: number
  first: number | null
  last: number | null
  actions: ReadonlyMap<string, number>
  requests: readonly RequestStory[]
  grants: readonly GrantStory[]
  /** Requests and grants that are not told because there are too many. */
  untold: number
}

/** Reads the events of a period, oldest first, and keeps what a person wants to see of them, in bounded memory. */
export function collectSummary() {
  let count = 0
  let first: number | null = null
  let last: number | null = null
  let untold = 0
  const actions = new Map<string, number>()
  const requests = new Map<string, RequestStory>()
  const grants = new Map<string, GrantStory>()

  const add = ({ seq, entry }: SealedEvent): void => {
    count += 1
    first ??= seq
    last = seq
    const { action, actor } = entry
    actions.set(action, (actions.get(action) ?? 0) + 1)
    const detail = JSON.parse(entry.payload) as Record<string, unknown>
    const text = (name: string) => (typeof detail[name] === 'string' ? detail[name] : null)
    const request = requests.get(text('request') ?? '')
    const grant = grants.get(text('grant') ?? '')

    if (action === 'request.created') {
      if (requests.size >= MOST) return void (untold += 1)
      requests.set(text('request') ?? '', {
        seq,
        at: entry.at,
        request: text('request') ?? '',
        person: actor,
        database: text('database') ?? '',
        user: text('user') ?? '',
        seconds: Number(detail['seconds']),
        reason: text('reason'),
        emergency: detail['emergency'] === true,
        decisions: [],
        outcome: 'pending',
      })
    } else if (action === 'decision.made')
      request?.decisions.push({
        seq,
        person: actor,
        verdict: text('verdict') ?? '',
        comment: text('comment'),
      })
    else if (action === 'grant.started') {
      if (request) request.outcome = 'opened'
      if (grants.size >= MOST) return void (untold += 1)
      grants.set(text('grant') ?? '', {
        seq,
        grant: text('grant') ?? '',
        person: text('person') ?? actor,
        database: text('database') ?? '',
        user: text('user') ?? '',
        startsAt: text('startsAt') ?? '',
        endsAt: text('endsAt') ?? '',
        emergency: detail['emergency'] === true,
        ended: null,
        tokens: 0,
        review: null,
      })
    } else if (action === 'grant.ended' && grant)
      grant.ended = { how: text('how') ?? '', by: actor, reason: text('reason') }
    else if (action === 'token.issued' && grant) grant.tokens += 1
    else if (action === 'emergency.reviewed' && grant)
      grant.review = { by: actor, comment: text('comment') ?? '' }
    else if (action.startsWith('request.') && request && action !== 'request.approved')
      request.outcome = action.slice('request.'.length)
  }

  return {
    add,
    summary: (): Summary => ({
      count,
      first,
      last,
      actions,
      requests: [...requests.values()],
      grants: [...grants.values()],
      untold,
    }),
  }
}
