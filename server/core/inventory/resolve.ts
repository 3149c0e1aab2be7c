import type { AccessRule, Catalog, Database, WrittenCatalog } from '../catalog/catalog.ts'
import { userFault } from '../catalog/database-user.ts'
import { agree } from './agree.ts'
import { findReferenced } from './find-referenced.ts'
import type { Found, Inventory } from './found.ts'

/** Why a database gives nothing for now, and what to do. */
export type Unresolved = { database: string; code: UnresolvedCode; why: string; mend: string }

/** What a step on the way answers instead of going on. */
export type Fault = Omit<Unresolved, 'database'>

export type UnresolvedCode =
  'never_read' | 'not_found' | 'ambiguous' | 'unfit' | 'contradicted' | 'incomplete'

export type Resolution = {
  catalog: Catalog
  /** What each database that follows one in RDS has found there. */
  followed: ReadonlyMap<string, Found>
  unresolved: readonly Unresolved[]
}

/**
 * The catalog with every reference followed to what RDS had under it at the last reading. Pure.
 *
 * A database that cannot be resolved is not in it, and neither are its rules: what is not known opens nothing.
 * Without references it is the catalog that was written, the very object. With them every rule is a new object,
 * because what an approver agrees to is remembered by rule, and the resource is part of that.
 */
export function resolveCatalog(written: WrittenCatalog, inventory: Inventory): Resolution {
  if (written.follows.size === 0) return { catalog: written, followed: new Map(), unresolved: [] }
  const databases = new Map<string, Database>()
  const followed = new Map<string, Found>()
  const unresolved: Unresolved[] = []
  const usersOf = usersByDatabase(written.rules)
  for (const name of written.names) {
    const wish = written.follows.get(name)
    const whole = written.databases.get(name)
    if (whole) databases.set(name, whole)
    if (!wish) continue
    const found = findReferenced(wish, inventory)
    if ('code' in found) {
      unresolved.push({ database: name, ...found })
      continue
    }
    const agreed = agree(wish, found, inventory)
    const fault = 'code' in agreed ? agreed : unfitUser(agreed.database, usersOf.get(name) ?? [])
    if (fault) unresolved.push({ database: name, ...fault })
    else if ('database' in agreed) {
      databases.set(name, agreed.database)
      followed.set(name, found)
    }
  }
  const rules = written.rules
    .filter(({ database }) => databases.has(database))
    .map((rule) => ({ ...rule }))
  const { sha256, admins, auditors, teams } = written
  return { catalog: { sha256, admins, auditors, teams, databases, rules }, followed, unresolved }
}

function usersByDatabase(rules: readonly AccessRule[]): Map<string, string[]> {
  const users = new Map<string, string[]>()
  for (const { database, user } of rules) {
    const known = users.get(database)
    if (known) known.push(user)
    else users.set(database, [user])
  }
  return users
}

/** The engine is known only now: a user that it cannot have would be cut to the name of another one. */
function unfitUser({ engine }: Database, users: readonly string[]): Fault | undefined {
  for (const user of users) {
    const [message, mend] = userFault(user, engine) ?? []
    if (message && mend)
      return { code: 'unfit', why: `The database user of a rule ${message}.`, mend: `${mend}.` }
  }
  return undefined
}
