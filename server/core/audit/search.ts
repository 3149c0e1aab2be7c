import { unlessSecret } from './secret-in.ts'
import { actionsThat, type Outcome } from './outcome.ts'

/** What is looked for in the log: all of it must hold. Without any of it, everything is found. */
export type Search = {
  /** A person's id, `portal` or `anonymous`: who did it, or to whom it was done. */
  person?: string | undefined
  /** One of these. */
  actions?: readonly string[] | undefined
  outcome?: Outcome | undefined
  database?: string | undefined
  team?: string | undefined
  /** The id of an access request. */
  request?: string | undefined
  /** Beginnings of words in a reason or comment, in any order. */
  text?: string | undefined
  address?: string | undefined
  /** The half-open time [from, to). */
  from?: Date | undefined
  to?: Date | undefined
}

/** The actions that a search is for; null where any will do. None, where what was asked for excludes itself. */
export function actionsOf({ actions, outcome }: Search): readonly string[] | null {
  const asked = actions && actions.length > 0 ? [...new Set(actions)] : null
  if (outcome === undefined) return asked
  const having: readonly string[] = actionsThat(outcome)
  return asked ? asked.filter((action) => having.includes(action)) : having
}

/** A search by the names that the address of the page has for it. */
export function searchFields(search: Search): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(searchText(search)))
    fields[name] = name === 'action' ? [...(search.actions ?? [])] : value
  return fields
}

/** A search as one text, the same for the same search, as `audit.read` keeps it. Empty for everything. */
export function searchText({ actions, from, to, ...rest }: Search): string {
  const said: [string, string | undefined][] = [
    ...[...new Set(actions)].map((action): [string, string] => ['action', action]),
    ...Object.entries(rest),
    ['from', from?.toISOString()],
    ['to', to?.toISOString()],
  ]
  const pairs = said
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    // Words that somebody looks for may be a secret that they fear is there.
    .map(([name, value]): [string, string] => [name, unlessSecret(value)])
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return new URLSearchParams(pairs).toString()
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
