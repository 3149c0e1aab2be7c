import type { AccessRule } from '../catalog/catalog.ts'
import { durationText } from '../catalog/duration.ts'

export type Terms = Pick<
  AccessRule,
  'duration' | 'reason' | 'reasonPattern' | 'approval' | 'emergency'
>

/** `other`: neither more nor less can be had by it, or nobody can tell. */
export type Direction = 'wider' | 'narrower' | 'other'
export type TermChange = { term: string; from: string; to: string; way: Direction }

/** What of the terms is another, each with the direction; none where only the order of groups is. */
export function compareTerms(from: Terms, to: Terms): TermChange[] {
  return ASPECTS.flatMap(({ term, only, say, way }) => {
    if (only?.(from, to) === false) return []
    const [before, after] = [say(from), say(to)]
    return before === after ? [] : [{ term, from: before, to: after, way: way(from, to) }]
  })
}

/** The terms in one line: `8h, reason required, 1 approval by payments-leads`. */
export const termsText = (terms: Terms): string =>
  [
    durationText(terms.duration),
    ...(terms.reason === 'required' ? ['reason required'] : []),
    ...(terms.reasonPattern === null ? [] : [`reason like ${terms.reasonPattern}`]),
    ...(terms.approval
      ? [`${approvals(terms)} by ${approvers(terms)} within ${durationText(terms.approval.within)}`]
      : []),
    ...(terms.emergency ? [`emergency ${durationText(terms.emergency.duration)}`] : []),
  ].join(', ')

const approvals = ({ approval }: Terms) =>
  approval ? `${approval.count} ${approval.count === 1 ? 'approval' : 'approvals'}` : 'none'
const approvers = ({ approval }: Terms) => [...(approval?.groups ?? [])].sort().join(' or ')

const byNumber = (from: number, to: number): Direction => (to > from ? 'wider' : 'narrower')

const ASPECTS: {
  term: string
  only?: (from: Terms, to: Terms) => boolean
  say: (terms: Terms) => string
  way: (from: Terms, to: Terms) => Direction
}[] = [
  {
    term: 'duration',
    say: ({ duration }) => durationText(duration),
    way: (from, to) => byNumber(from.duration, to.duration),
  },
  {
    term: 'reason',
    say: ({ reason }) => reason,
    way: (_, to) => (to.reason === 'optional' ? 'wider' : 'narrower'),
  },
  {
    term: 'reason pattern',
    say: ({ reasonPattern }) => reasonPattern ?? 'any',
    way: (from, to) =>
      to.reasonPattern === null ? 'wider' : from.reasonPattern === null ? 'narrower' : 'other',
  },
  {
    term: 'approvals',
    say: approvals,
    way: (from, to) => byNumber(-(from.approval?.count ?? 0), -(to.approval?.count ?? 0)),
  },
  {
    term: 'approvers',
    say: (terms) => approvers(terms) || 'none',
    way: ({ approval: from }, { approval: to }) => {
      if (!from || !to) return from ? 'wider' : 'narrower'
      const has = (one: readonly string[], all: readonly string[]) =>
        one.every((group) => all.includes(group))
      if (has(from.groups, to.groups)) return 'wider'
      return has(to.groups, from.groups) ? 'narrower' : 'other'
    },
  },
  {
    term: 'time to approve',
    // Where approval comes or goes there is nothing to compare.
    only: (from, to) => from.approval !== null && to.approval !== null,
    say: ({ approval }) => durationText(approval?.within ?? 0),
    way: (from, to) => byNumber(from.approval?.within ?? 0, to.approval?.within ?? 0),
  },
  {
    term: 'emergency',
    say: ({ emergency }) => (emergency ? durationText(emergency.duration) : 'none'),
    way: (from, to) => byNumber(from.emergency?.duration ?? 0, to.emergency?.duration ?? 0),
  },
]
