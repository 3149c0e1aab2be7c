import { createHash } from 'node:crypto'
import type { CatalogProblem, WrittenCatalog } from './catalog.ts'
import { catalogFile } from './catalog-file-shape.ts'
import { checkAccess } from './check-access.ts'
import { checkDatabases, isFollowed, isWhole } from './database.ts'
import { all } from './group.ts'
import { checkInventory } from './inventory.ts'
import { makeReader, type Reader, TooMuch } from './reader.ts'
import { checkTeams } from './team.ts'
import { readYaml } from './yaml-source.ts'

export type Parsed = { catalog: WrittenCatalog } | { problems: CatalogProblem[] }

/**
 * The text of a catalog as typed rules, or everything that is wrong with it. Never throws.
 * The SHA-256 is that of the text in UTF-8, byte order mark included: that of the file.
 */
export function parseCatalog(text: string): Parsed {
  const source = readYaml(text)
  if ('problems' in source) return source
  const reader = makeReader(source)
  try {
    const read = readCatalog(reader)
    const problems = reader.problems()
    if (problems.length > 0 || !read) return { problems }
    return { catalog: { sha256: createHash('sha256').update(text).digest('hex'), ...read } }
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    const message = 'the aliases of this file unfold to more than any catalog holds'
    const mend = 'write out what is meant instead of repeating it with *'
    return { problems: [...reader.problems(), { line: 1, column: 1, path: '', message, mend }] }
  }
}

function readCatalog(reader: Reader): Omit<WrittenCatalog, 'sha256'> | undefined {
  const read = catalogFile.read(reader, reader.root())
  if (!read) return undefined
  const teams = read.teams && checkTeams(reader, read.teams.value)
  const inventory = read.inventory ? checkInventory(reader, read.inventory.value) : []
  const databases = read.databases && checkDatabases(reader, read.databases.value, inventory)
  const rules = checkAccess(reader, read.access?.value ?? [], { teams, databases })
  const admins = read.admins ? all(read.admins.value) : []
  const auditors = read.auditors ? all(read.auditors.value) : []
  const whole = { teams: sound(teams), databases: sound(databases) }
  if (!whole.teams || !whole.databases || !rules || !admins || !auditors || !inventory)
    return undefined
  const declared = [...whole.databases.values()]
  return {
    admins,
    auditors,
    teams: whole.teams,
    inventory,
    databases: byName(declared.filter(isWhole)),
    follows: byName(declared.filter(isFollowed)),
    names: declared.map(({ name }) => name),
    rules,
  }
}

/** The map when nothing in it is wrong. */
function sound<T>(things: ReadonlyMap<string, T | undefined> | undefined) {
  if (!things) return undefined
  const good = new Map<string, T>()
  for (const [name, thing] of things) {
    if (thing === undefined) return undefined
    good.set(name, thing)
  }
  return good
}

const byName = <T extends { name: string }>(things: readonly T[]) =>
  new Map(things.map((each) => [each.name, each]))
