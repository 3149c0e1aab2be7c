import type { FollowedDatabase, Reference } from '../catalog/catalog.ts'
import type { Found, Inventory } from './found.ts'
import type { Fault } from './resolve.ts'

/** The one thing in RDS that a database follows, or why there is none. */
export function findReferenced(
  { account, region, reference }: FollowedDatabase,
  { places, found }: Inventory,
): Found | Fault {
  const place = places.find((each) => each.account === account && each.region === region)
  const where = `${region} of account ${account}`
  if (!place?.readAt)
    return {
      code: 'never_read',
      why: `RDS in ${where} could not be read so far.`,
      mend:
        place?.fault?.mend ?? 'It is read within minutes; “Read RDS now” on Setup does it at once.',
    }
  const here = found.filter((each) => each.account === account && each.region === region)
  const matching = here.filter((each) => matches(each, reference))
  // Tags are often copied to the instances of a cluster; the right to connect is that of the cluster.
  const clusters = new Set(
    matching.filter(({ kind }) => kind === 'cluster').map(({ identifier }) => identifier),
  )
  const left = matching.filter(({ cluster }) => cluster === null || !clusters.has(cluster))
  const what = words(reference)
  const [first, ...others] = left
  if (!first)
    return {
      code: 'not_found',
      why: `There is no ${what} in ${where}${place.missing.length > 0 ? ', as far as it could be read' : ''}.`,
      mend:
        place.missing.length > 0
          ? `Allow the role of inventory ${place.missing.join(', ')}, or mend the name in the catalog.`
          : 'Mend the name in the catalog, or look whether it was deleted or renamed in RDS.',
    }
  if (others.length > 0)
    return {
      code: 'ambiguous',
      why: `${left.length} things in ${where} are a ${what}: ${names(left)}.`,
      mend: 'Name one of them by cluster:, instance: or proxy:, or give it a tag that no other has.',
    }
  if (first.kind === 'instance' && first.cluster !== null)
    return {
      code: 'unfit',
      why: `The instance ${first.identifier} belongs to the cluster ${first.cluster}, and the right to connect is that of the cluster.`,
      mend: `Write cluster: ${first.cluster}.`,
    }
  return first
}

function matches(found: Found, reference: Reference): boolean {
  if (reference.by !== 'tag')
    return (
      found.kind === reference.by &&
      found.identifier.toLowerCase() === reference.identifier.toLowerCase()
    )
  return Object.entries(reference.tags).every(
    ([key, value]) => Object.hasOwn(found.tags, key) && found.tags[key] === value,
  )
}

export function words(reference: Reference): string {
  if (reference.by !== 'tag') return `${reference.by} ${reference.identifier}`
  const tags = Object.entries(reference.tags).map(([key, value]) => `${key}=${value}`)
  return `database with the ${tags.length > 1 ? 'tags' : 'tag'} ${tags.join(' and ')}`
}

/** A few of them: a tag that everything has would fill the page. */
const names = (found: readonly Found[]) =>
  found
    .slice(0, 5)
    .map(({ kind, identifier }) => `${kind} ${identifier}`)
    .join(', ') + (found.length > 5 ? ', …' : '')
