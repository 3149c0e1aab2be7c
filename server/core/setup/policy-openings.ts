import type { Database } from '../catalog/catalog.ts'
import {
  after,
  covers,
  exactText,
  type Glob,
  globText,
  isExact,
  matches,
  parseGlob,
} from './glob.ts'
import { isConnect } from './policy-action.ts'
import { parseConnectArn } from './policy-arn.ts'
import type { PolicyStatement, PolicyText } from './policy-document.ts'

/** A database user that a policy opens. `user`, and what else holds a `*` or `?`, is a pattern then: `${*}` is the character. */
export type PolicyOpening = {
  /** Its name in the catalog; null: none of the catalog has this id. */
  database: string | null
  resource: string
  user: string
  region: string
  account: string
}

const ANYBODY: Glob = ['any']

/** Whom a policy lets in: every allow of it, less what it denies for certain. A condition lets nobody out. */
export function openingsOf(policy: PolicyText, databases: readonly Database[]): PolicyOpening[] {
  const speak = policy.statements.filter(
    ({ actions }) => actions.values.some(({ text }) => isConnect(text)) !== actions.not,
  )
  const allows = speak.filter(({ effect }) => effect === 'Allow')
  const denies = speak.filter(
    ({ effect, conditions }) => effect === 'Deny' && conditions.length === 0,
  )
  const globs = globsOf(policy.variables)

  const known = databases.flatMap((database) => {
    const prefix = prefixOf(database)
    const users = onceEach(allows.flatMap((one) => usersOf(one, prefix, globs)))
    const open = users.filter((user) => !denies.some((one) => denied(one, prefix, user, globs)))
    const { name, resource, region, account } = database
    return open.map((user) => ({ database: name, resource, user: globText(user), region, account }))
  })
  const ids = new Set(databases.map(({ resource }) => resource))
  const others = allows.flatMap(({ resources }) =>
    resources.not ? [] : resources.values.flatMap(({ text }) => unknownOpening(text, ids) ?? []),
  )
  return [
    ...known,
    ...others.filter((one) => !denies.some((deny) => deniedAsWritten(deny, one, globs))),
  ].map(({ partition: _, ...opening }: PolicyOpening & { partition?: string }) => opening)
}

type Globs = (statement: PolicyStatement) => Glob[]
const globsOf =
  (variables: boolean): Globs =>
  ({ resources }) =>
    resources.values.map(({ text }) => parseGlob(text, variables))

const prefixOf = ({ partition, region, account, resource }: Database) =>
  `arn:${partition}:rds-db:${region}:${account}:dbuser:${resource}/`

/** The users of one database that a statement is about, as patterns. */
function usersOf(statement: PolicyStatement, prefix: string, globs: Globs): Glob[] {
  const left = globs(statement).flatMap((glob) => after(glob, prefix))
  if (!statement.resources.not) return left.filter((rest) => rest.length > 0)
  return left.some((rest) => covers(rest, ANYBODY)) ? [] : [ANYBODY]
}

/** Whether a deny keeps this user out whole; a deny of one user leaves a pattern that fits others. */
function denied(statement: PolicyStatement, prefix: string, user: Glob, globs: Globs): boolean {
  const left = globs(statement).flatMap((glob) => after(glob, prefix))
  if (!statement.resources.not) return left.some((rest) => covers(rest, user))
  return isExact(user) ? !left.some((rest) => matches(rest, exactText(user))) : left.length === 0
}

/** An ARN with an exact resource id that the catalog does not have, and one with a pattern: there may be others. */
function unknownOpening(text: string, ids: ReadonlySet<string>) {
  if (text === '*')
    return { database: null, partition: '*', resource: '*', user: '*', region: '*', account: '*' }
  const arn = parseConnectArn(text)
  if (!arn || ids.has(arn.resource)) return undefined
  const { partition, resource, region, account } = arn
  return {
    database: null,
    partition,
    resource,
    user: globText(parseGlob(arn.user)),
    region,
    account,
  }
}

function deniedAsWritten(
  deny: PolicyStatement,
  { partition, resource, user, region, account }: PolicyOpening & { partition: string },
  globs: Globs,
): boolean {
  if (deny.resources.not) return false
  const written = parseGlob(
    `arn:${partition}:rds-db:${region}:${account}:dbuser:${resource}/${user}`,
  )
  return globs(deny).some((glob) => covers(glob, written))
}

/** Of patterns that mean the same or less, one. */
function onceEach(users: readonly Glob[]): Glob[] {
  return users.filter((user, index) =>
    users.every((other, at) => {
      if (at === index || !covers(other, user)) return true
      return covers(user, other) && index < at
    }),
  )
}
