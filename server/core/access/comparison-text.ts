import { visible } from '../catalog/visible.ts'
import type { Comparison, Gained, RightChange } from './compare-catalogs.ts'
import { isSame } from './compare-catalogs.ts'
import { termsText } from './compare-terms.ts'

/** Who gains and who loses, for the review of a change: sections, each line with its sign. */
export function comparisonText(comparison: Comparison): string {
  if (isSame(comparison)) return 'Nobody gains or loses anything.'
  const { gains, losses, terms, approvers, administrators, auditors, roles } = comparison
  const sections: [title: string, lines: string[]][] = [
    ['Can be asked for, and could not be before', rightLines('+', gains)],
    ['Could be asked for, and cannot be any more', rightLines('-', losses)],
    [
      'On other terms',
      terms.map(
        ({ team, database, user, groups, changes }) =>
          `~ ${visible(user)} on ${database}, team ${team} (${list(groups)}): ${list(
            changes.map(
              ({ term, from, to, way }) => `${term} ${visible(from)} → ${visible(to)}${hint(way)}`,
            ),
          )}`,
      ),
    ],
    ['Administrators', plain(administrators)],
    ['Auditors', plain(auditors)],
    [
      'Approvers',
      signed(
        approvers,
        ({ group, team, database, user }) =>
          `${visible(group)} for ${visible(user)} on ${database}, team ${team}`,
      ),
    ],
    [
      'Roles that are assumed',
      roles.map(({ team, account, from, to }) => `~ team ${team} in ${account}: ${from} → ${to}`),
    ],
  ]
  const told = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  return `${told.join('\n')}\n${countText(comparison)}`
}

/** `2 gains, 1 loss, 1 on other terms`; of rights, and of what else changes. */
export function countText(comparison: Comparison): string {
  const { gains, losses, terms, approvers, administrators, auditors, roles } = comparison
  const others = [approvers, administrators, auditors].reduce(
    (sum, each) => sum + each.gains.length + each.losses.length,
    roles.length,
  )
  return [
    count(gains.length, 'gain', 'gains'),
    count(losses.length, 'loss', 'losses'),
    count(terms.length, 'on other terms', 'on other terms'),
    ...(others > 0 ? [count(others, 'other change', 'other changes')] : []),
  ].join(', ')
}

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`
const list = (names: readonly string[]) => names.map((name) => visible(name)).join(', ')
const hint = (way: string) => (way === 'other' ? '' : ` (${way})`)

/** What differs only in the database is one line. */
function rightLines(sign: '+' | '-', changes: readonly RightChange[]): string[] {
  const lines = new Map<string, string[]>()
  for (const change of changes) {
    const { team, groups, user, terms, otherwise, replaced, database } = change
    const beside = [
      ...(replaced ? ['another database under this name'] : []),
      ...(otherwise.length === 0
        ? []
        : [`${sign === '+' ? 'had' : 'kept'} through team ${list(otherwise)}`]),
    ]
    const rest = `, team ${team} (${list(groups)}): ${[visible(termsText(terms)), ...beside].join('; ')}`
    const key = JSON.stringify([user, rest])
    const known = lines.get(key)
    if (known) known.push(database)
    else lines.set(key, [database])
  }
  return [...lines].map(([key, databases]) => {
    const [user, rest] = JSON.parse(key) as [string, string]
    return `${sign} ${visible(user)} on ${list(databases)}${rest}`
  })
}

const signed = <T>({ gains, losses }: Gained<T>, say: (change: T) => string) => [
  ...gains.map((change) => `+ ${say(change)}`),
  ...losses.map((change) => `- ${say(change)}`),
]
const plain = (groups: Gained<string>) => signed(groups, (group) => visible(group))
