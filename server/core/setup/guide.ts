import type { Engine } from '../catalog/catalog.ts'
import { catalogStep } from './catalog-entry.ts'
import { checkWish } from './check-wish.ts'
import { createStep } from './create-database.ts'
import { databaseUserStep } from './database-user.ts'
import { enableStep } from './enable-iam.ts'
import { inventoryStep } from './inventory-role.ts'
import { permissionStep } from './permission-policy.ts'
import { portalStep } from './portal-policy.ts'
import { roleStep } from './role.ts'
import { securityGroupStep } from './security-group.ts'
import { takeAwaySteps } from './take-away.ts'
import { tryStep } from './try-it.ts'

/** What the guide is written for: one database, one team, and the database users that the team shall have. */
export type GuideWish = {
  /** Of the database in the catalog. */
  name: string
  engine: Engine
  account: string
  region: string
  form: 'instance' | 'cluster' | 'proxy'
  /** DBInstanceIdentifier, DBClusterIdentifier or DBProxyName. */
  identifier: string
  /** `db-…`, `cluster-…` or `prx-…`, as IAM names it. */
  resource: string
  dbname: string
  port: number
  /** The usual one first; `name` is what the catalog calls it, `dial` is `host:port` of a tunnel that leads to it. */
  endpoints: { name: string; host: string; dial?: string }[]
  team: string
  /** SSO groups of the team. */
  groups: string[]
  /** The role of the team in the account of the database, with its path where it has one: `latchkey/payments`. */
  roleName: string
  externalId: string
  /** ARN of the portal's own principal: a role, or a user. */
  portal: string
  users: GuideUser[]
  /** From where clients come, beside the portal: addresses, or the security group that they are in. */
  client: { cidr: string | null; securityGroup: string | null }
}

export type GuideUser = {
  name: string
  preset: 'read' | 'write' | 'none'
  /** PostgreSQL: where the tables are. In MySQL and MariaDB a schema is a database, so there it is `dbname`. */
  schema: string
  /** The longest window of its access rule, as the catalog writes it: `8h`. */
  duration: string
  /** Who approves; none: it opens at once. */
  approvalGroups: string[]
}

export type GuideText = {
  form: 'cli' | 'cloudformation' | 'terraform' | 'json' | 'sql' | 'yaml' | 'shell'
  title: string
  filename: string
  text: string
}

export type GuideStep = {
  id: string
  title: string
  why: string
  where: 'aws' | 'database' | 'catalog' | 'terminal'
  warnings: string[]
  texts: GuideText[]
  /** How to see that it worked. */
  check: string | null
}

/** `takeAway` leads back to where `steps` began: a step of it has the id of the step that it undoes. */
export type Guide = { steps: GuideStep[]; takeAway: GuideStep[] }

/**
 * Everything from a database to the first connection, in the order in which it is done, and the way back.
 * @param latchkey the address of the portal, where CA bundles come from; without it they come from AWS
 * @throws DomainError('invalid') with `fields`: each field of the wish that is wrong, and what to write instead
 */
export function makeGuide(wish: GuideWish, latchkey?: string): Guide {
  const plan = { ...checkWish(wish), latchkey }
  const create = createStep(plan)
  return {
    steps: [
      ...(create ? [create] : []),
      enableStep(plan),
      securityGroupStep(plan),
      databaseUserStep(plan),
      roleStep(plan),
      permissionStep(plan),
      portalStep(plan),
      inventoryStep(plan),
      catalogStep(plan),
      tryStep(plan),
    ],
    takeAway: takeAwaySteps(plan),
  }
}
