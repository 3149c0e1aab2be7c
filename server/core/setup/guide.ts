import type { Engine } from '../catalog/catalog.ts'

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
  /** The usual one first; `name` is what the catalog calls it. */
  endpoints: { name: string; host: string }[]
  team: string
  /** SSO groups of the team. */
  groups: string[]
  /** The role of the team in the account of the database, without its path. */
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

/** `takeAway` undoes `steps`, last one first. */
export type Guide = { steps: GuideStep[]; takeAway: GuideStep[] }
