import { isMap, isScalar } from 'yaml'
import type { InventoryRole, Reference } from './catalog.ts'
import type { Reader } from './reader.ts'
import { isEmpty, nameOf, type Shape } from './shape.ts'
import { object, type Read } from './shape-object.ts'
import { text } from './shape-text.ts'
import type { At, Spot } from './spot.ts'
import { quote } from './visible.ts'

/** What makes up for writing a database out. */
export const REFERENCES = ['cluster', 'instance', 'proxy', 'find'] as const

/** DBInstanceIdentifier, DBClusterIdentifier, DBProxyName (RDS API): RDS does not tell capitals from small letters. */
const IDENTIFIER = /^[A-Za-z](?:-?[A-Za-z0-9])*$/u

const identifier = (about: string) =>
  text({
    about,
    examples: ['orders'],
    longest: 63,
    pattern: IDENTIFIER,
    fault: 'is not what RDS calls anything',
    mend: mendIdentifier,
  })

function mendIdentifier(written: string): string {
  const better = written.startsWith('arn:')
    ? (written.split(':').at(-1) ?? '')
    : (written.split('.')[0] ?? '')
  const rule = 'an identifier is letters, digits and single hyphens, and begins with a letter'
  return IDENTIFIER.test(better) && better !== written ? `write ${better}; ${rule}` : rule
}

const tagText = (longest: number) => text({ about: 'A tag in AWS.', examples: ['orders'], longest })
const TAG_KEY = tagText(128)
const TAG_VALUE = tagText(256)
const EXAMPLE = '{ latchkey: orders }'

/** Tags are named by whoever tags, so these keys are not names of ours. */
const tags: Shape<Record<string, string>> = {
  schema: {
    type: 'object',
    description: 'The tags that it has in AWS, and nothing else has.',
    additionalProperties: TAG_VALUE.schema,
    minProperties: 1,
  },
  read(reader, spot) {
    const { node } = spot
    if (isEmpty(spot)) return reader.tell(spot, 'is empty', `write ${EXAMPLE}`)
    if (!isMap(node))
      return reader.tell(spot, `is ${nameOf(spot)}, not tags by their keys`, `write ${EXAMPLE}`)
    if (node.items.length === 0) return reader.tell(spot, 'is an empty mapping', `write ${EXAMPLE}`)
    const found = new Map<string, string>()
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : undefined
      const { key, value } = reader.pair(spot, pair, name)
      const tag = TAG_KEY.read(reader, key)
      const wanted = TAG_VALUE.read(reader, value)
      if (tag !== undefined && found.has(tag))
        reader.tell(key, `the tag ${quote(tag)} stands here twice`, 'take one of them out')
      if (tag !== undefined && wanted !== undefined) found.set(tag, wanted)
    }
    return found.size === node.items.length ? Object.fromEntries(found) : undefined
  },
}

export const referenceFields = {
  cluster: { shape: identifier('The DBClusterIdentifier: all that is not written follows it.') },
  instance: { shape: identifier('The DBInstanceIdentifier: all that is not written follows it.') },
  proxy: { shape: identifier('The DBProxyName: all that is not written follows it.') },
  find: {
    shape: object(
      {
        about: 'What to follow, by the tags that it has in AWS.',
        example: `{ tag: ${EXAMPLE} }`,
      },
      { tag: { shape: tags, need: EXAMPLE } },
    ),
  },
}

type Fields = {
  [K in keyof typeof referenceFields]: At<Read<(typeof referenceFields)[K]['shape']>> | undefined
}
type Where = { account: string | undefined; region: string | undefined }

/**
 * What the database follows: null when it is written out, undefined when something is wrong with it.
 * `inventory` are the roles to look around with; undefined when they could not be read.
 */
export function checkReference(
  reader: Reader,
  fields: Fields,
  { account, region }: Where,
  inventory: readonly InventoryRole[] | undefined,
): Reference | null | undefined {
  const written = REFERENCES.flatMap((by): { by: typeof by; spot: Spot }[] =>
    fields[by] ? [{ by, spot: fields[by].spot }] : [],
  )
  const [first, second] = written
  if (!first) return null
  if (second)
    return reader.tell(
      second.spot,
      `stands beside ${first.by}: a database follows one thing`,
      'take one of them out',
    )
  const covered = inventory?.some(
    (role) => role.account === account && role.regions.includes(region ?? ''),
  )
  if (covered === false && account !== undefined && region !== undefined)
    return reader.tell(
      first.spot,
      `cannot be followed: nothing under inventory looks into ${region} of account ${account}`,
      `add ${region} to the regions of the role of account ${account} under inventory`,
    )
  const { by } = first
  if (by !== 'find') return { by, identifier: fields[by]?.value.toLowerCase() ?? '' }
  const wanted = fields.find?.value.tag?.value
  return wanted && { by: 'tag', tags: wanted }
}
