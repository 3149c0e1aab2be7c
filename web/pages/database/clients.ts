import type { Snippet } from '../../../server/contract/connection.ts'

/** How many of them stand in sight; the others are in a list beside them. */
const IN_SIGHT = 5
const REMEMBERED = 8

/** Last used first, then as the portal has them. */
export function inOrder(snippets: readonly Snippet[], recent: readonly string[]): Snippet[] {
  const used = recent.flatMap((client) => snippets.filter((each) => each.client === client))
  return [...used, ...snippets.filter((each) => !used.includes(each))]
}

/** Those in sight, the chosen one among them, and the rest by their groups. */
export function placed(ordered: readonly Snippet[], chosen: string) {
  const first = ordered.slice(0, IN_SIGHT)
  const late = ordered.slice(IN_SIGHT)
  const inSight = [...first, ...late.filter(({ client }) => client === chosen)]
  const rest = late.filter(({ client }) => client !== chosen)
  const groups = GROUPS.map(({ group, label }) => ({
    label,
    snippets: rest.filter((each) => each.group === group),
  }))
  return { inSight, groups: groups.filter(({ snippets }) => snippets.length > 0) }
}

const GROUPS = [
  { group: 'terminal', label: 'Terminal' },
  { group: 'application', label: 'Applications' },
  { group: 'code', label: 'Code' },
] as const

/** The names that were kept, newest first. */
export const recentOf = (text: string | null) => (text ?? '').split(',').filter(Boolean)

export const withRecent = (recent: readonly string[], client: string) =>
  [client, ...recent.filter((each) => each !== client)].slice(0, REMEMBERED)

/** Whether it has a path that begins with the person's home folder, said or not: lines of a shell and code find it themselves. */
export function namesHome({ fields, file, parts }: Snippet, home: string): boolean {
  const texts = [...fields.map(({ value }) => value), ...(file ? parts : [])]
  const start = home.replaceAll('\\', '/').replace(/\/+$/, '') || '~/'
  return texts.some((part) => 'text' in part && part.text.includes(start))
}
