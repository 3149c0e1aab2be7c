/** The catalog as typed rules: what `latchkey.yaml` says, validated whole. Immutable. */
export type Catalog = {
  /** SHA-256 of the file's bytes, lower-case hex. */
  sha256: string
  admins: readonly string[]
  auditors: readonly string[]
  teams: ReadonlyMap<string, Team>
  databases: ReadonlyMap<string, Database>
  /** One entry per team × database × database user: a rule of the file that names three databases is three here. */
  rules: readonly AccessRule[]
}

export type Team = {
  name: string
  /** SSO groups, compared exactly. */
  groups: readonly string[]
  /** At most one per AWS account. */
  roles: readonly TeamRole[]
  notify: TeamNotify
}

/** Where what happens to the team's requests is told, besides the channels of the whole portal. */
export type TeamNotify = { webhook: string | null; email: string | null }

export type TeamRole = { arn: string; account: string; externalId: string }

export const ENGINES = [
  'postgres',
  'aurora-postgresql',
  'mysql',
  'aurora-mysql',
  'mariadb',
] as const
export type Engine = (typeof ENGINES)[number]

/** The others speak PostgreSQL's protocol. */
export const isMySql = (engine: Engine) => !['postgres', 'aurora-postgresql'].includes(engine)

export type Database = {
  name: string
  engine: Engine
  account: string
  region: string
  /** aws, aws-us-gov, aws-cn …: follows from the region. */
  partition: string
  /** DbiResourceId, DbClusterResourceId or the id of a proxy: `db-…`, `cluster-…`, `prx-…`. */
  resource: string
  dbname: string
  environment: string | null
  description: string | null
  tags: readonly string[]
  /** At least one, in the order of the file; the first is the default. */
  endpoints: readonly Endpoint[]
}

/** What a database is called in RDS. */
export type Reference =
  | { by: 'cluster' | 'instance' | 'proxy'; identifier: string }
  /** The one thing that has all of these tags. */
  | { by: 'tag'; tags: Readonly<Record<string, string>> }

/** A database that follows what RDS has under a name: what is not written comes from there, what is must agree with it. */
export type FollowedDatabase = Omit<Database, 'engine' | 'resource' | 'dbname'> & {
  reference: Reference
  engine: Engine | null
  resource: string | null
  dbname: string | null
}

/** A role that may describe what is in RDS, and where. */
export type InventoryRole = {
  arn: string
  account: string
  externalId: string
  regions: readonly string[]
}

/** A catalog as its file has it: `databases` are those that are written whole, the rules are those of all. */
export type WrittenCatalog = Catalog & {
  inventory: readonly InventoryRole[]
  follows: ReadonlyMap<string, FollowedDatabase>
  /** Of all databases, in the order of the file. */
  names: readonly string[]
}

export type Address = { host: string; port: number }

export type EndpointKind = 'instance' | 'writer' | 'reader' | 'custom' | 'proxy' | 'global'

export type Endpoint = {
  /** Its key in the file: writer, reader, … */
  name: string
  kind: EndpointKind
  /** What the token is signed for. Lower-cased. */
  signing: Address
  /** Where the client connects: the same, unless a tunnel is declared. */
  dial: Address
}

export type AccessRule = {
  team: string
  database: string
  /** The database user that a token opens. */
  user: string
  /** The longest window one may ask for, seconds. */
  duration: number
  reason: 'required' | 'optional'
  /** What a reason matches as a whole, as the source of a regular expression with the flag `u`. */
  reasonPattern: string | null
  /** `within`: seconds after which a request that nobody decided lapses. */
  approval: { groups: readonly string[]; count: number; within: number } | null
  emergency: { duration: number } | null
}

/** A problem in the file, at its place, with what to write instead. Lines and columns count from 1. */
export type CatalogProblem = {
  line: number
  column: number
  path: string
  message: string
  mend: string
}

/** `arn:<partition>:rds-db:<region>:<account>:dbuser:<resource>/<user>` (Amazon RDS user guide, "Creating and using an IAM policy for IAM database access"). */
export function connectArn(database: Database, user: string): string {
  const { partition, region, account, resource } = database
  return `arn:${partition}:rds-db:${region}:${account}:dbuser:${resource}/${escapeForPolicy(user)}`
}

/** `*`, `?` and `$` in a name are wildcards or variables of the policy language unless written so (IAM user guide, "policy variables", special characters). */
const escapeForPolicy = (user: string) => user.replace(/[*?$]/g, (c) => `\${${c}}`)
