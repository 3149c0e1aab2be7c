import type { InventoryRole } from './catalog.ts'
import { all } from './group.ts'
import type { Reader } from './reader.ts'
import { partitionOf } from './region.ts'
import { region } from './region-shape.ts'
import { partsOfRole } from './role-arn.ts'
import { externalId, ID_EXAMPLE, roleArn } from './role-shape.ts'
import { type Items, list } from './shape-list.ts'
import { object, type Read } from './shape-object.ts'
import { quote } from './visible.ts'

const ARN = 'arn:aws:iam::111122223333:role/latchkey-inventory'
const EXAMPLE = `{ role: ${ARN}, externalId: ${ID_EXAMPLE}, regions: [eu-west-1] }`

const source = object(
  { about: 'One account, and the regions of it to look into.', example: EXAMPLE },
  {
    role: {
      shape: roleArn('The role that the portal assumes to describe what is in RDS: read-only.'),
      need: ARN,
    },
    externalId: {
      shape: externalId,
      need: `${ID_EXAMPLE}, the one of the role's trust policy`,
    },
    regions: {
      shape: list(region('A region to look into.'), {
        about: 'The regions to look into.',
        example: '[eu-west-1]',
        filled: true,
        identity: (name) => name,
      }),
      need: '[eu-west-1]',
    },
  },
)

export const inventory = list(source, {
  about: 'Where the portal looks for databases: one entry for each role that may describe them.',
  example: `[${EXAMPLE}]`,
})

/** A place is looked into with one role. Undefined where something is wrong with one. */
export function checkInventory(
  reader: Reader,
  items: Items<Read<typeof source>>,
): InventoryRole[] | undefined {
  const lines = new Map<string, number>()
  const roles = items.map((item): InventoryRole | undefined => {
    const { role, externalId: id, regions } = item?.value ?? {}
    const parts = role && partsOfRole(role.value)
    if (!role || !parts) return undefined
    const { account, partition } = parts
    for (const at of regions?.value ?? []) {
      if (!at) continue
      const place = `${account} ${at.value}`
      const before = lines.get(place)
      if (before !== undefined)
        reader.tell(
          at.spot,
          `account ${account} is looked into in ${at.value} already, on line ${before}`,
          'take one of them out',
        )
      else lines.set(place, reader.line(at.spot))
      if (partitionOf(at.value) !== partition)
        reader.tell(
          at.spot,
          `${quote(at.value)} is in another partition than the role, which is in ${partition}`,
          'write a region of that partition, or a role of another account',
        )
    }
    const names = all(regions?.value)
    return id && names && { arn: role.value, account, externalId: id.value, regions: names }
  })
  return roles.every((one) => one !== undefined) ? roles : undefined
}
