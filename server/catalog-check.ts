import { parseArgs } from 'node:util'
import { checkCatalogFile, readCatalog } from './catalog-file.ts'
import { compareCatalogs, isSame } from './core/access/compare-catalogs.ts'
import { comparisonText } from './core/access/comparison-text.ts'
import { formatProblems } from './core/catalog/format-problems.ts'

type Deps = { print: (text: string) => void; complain: (text: string) => void }

/** Rights change: for a pipeline that wants somebody to look at such a change. */
const RIGHTS_CHANGE = 3

/**
 * `check FILE`, or `check --against OLD NEW [--json]`: who gains and who loses when NEW takes the place of OLD.
 * Exit codes: 0 good, and nobody gains or loses; 1 a file is not a good catalog; 2 used wrongly; 3 somebody gains or loses.
 * Null where it was used wrongly.
 */
export async function checkCommand(
  args: readonly string[],
  { print, complain }: Deps,
): Promise<number | null> {
  const wish = readArguments(args)
  if (!wish) return null
  if (wish.against === undefined) {
    const { ok, text } = await checkCatalogFile(wish.file)
    ;(ok ? print : complain)(`${text}\n`)
    return ok ? 0 : 1
  }
  const [old, next] = [await readCatalog(wish.against), await readCatalog(wish.file)]
  for (const [file, { problems }] of [[wish.against, old] as const, [wish.file, next] as const])
    if (problems.length > 0) complain(`${formatProblems(file, problems)}\n`)
  if (!old.catalog || !next.catalog) return 1
  const comparison = compareCatalogs(old.catalog, next.catalog)
  const same = isSame(comparison)
  const [from, to] = [old.catalog.sha256, next.catalog.sha256]
  print(
    wish.json
      ? `${JSON.stringify({ same, from, to, ...comparison }, null, 2)}\n`
      : `${comparisonText(comparison)}\n`,
  )
  return same ? 0 : RIGHTS_CHANGE
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { against: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    const [file, ...more] = positionals
    const { against, json } = values
    if (file === undefined || more.length > 0 || (json && against === undefined)) return null
    return { file, against, json }
  } catch {
    // An option that there is not.
    return null
  }
}
