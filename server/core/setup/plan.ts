import { connectArn, type Database } from '../catalog/catalog.ts'
import type { GuideUser, GuideWish } from './guide.ts'

/** An IAM principal by its ARN: `role/latchkey/payments` has the path `/latchkey/`. */
export type Principal = {
  arn: string
  account: string
  kind: 'role' | 'user'
  path: string
  name: string
}

/** A wish that was checked, with what follows from it. */
export type Plan = {
  /** As the catalog will know it. */
  database: Database
  form: GuideWish['form']
  identifier: string
  port: number
  team: { name: string; groups: readonly string[]; externalId: string }
  role: Principal
  portal: Principal
  users: readonly GuideUser[]
  client: GuideWish['client']
  /** The address of the portal, where it is known. */
  latchkey?: string | undefined
}

/** `rds-db:connect` of each database user, one ARN each. */
export const connectArns = ({ database, users }: Plan) =>
  users.map(({ name }) => connectArn(database, name))

/** The policy that opens this database, beside those that open others. */
export const policyName = ({ database }: Plan) => `latchkey-${database.name}`

/** The read-only role of the account, which the inventory works with. */
export const inventoryRole = ({ database }: Plan): Principal => ({
  arn: `arn:${database.partition}:iam::${database.account}:role/latchkey-inventory`,
  account: database.account,
  kind: 'role',
  path: '/',
  name: 'latchkey-inventory',
})

/** `arn:aws:iam::111122223333:role/latchkey/payments`, or undefined where it is no ARN of a role or a user. */
export function parsePrincipal(arn: string): Principal | undefined {
  const found =
    /^arn:[a-z-]+:iam::(?<account>[0-9]{12}):(?<kind>role|user)(?<path>\/(?:[!-.0-~]{1,510}\/){0,64})(?<name>[A-Za-z0-9_+=.@][A-Za-z0-9_+=,.@-]{0,63})$/u.exec(
      arn,
    )?.groups
  if (!found) return undefined
  const { account = '', kind, path = '/', name = '' } = found
  return { arn, account, kind: kind === 'user' ? 'user' : 'role', path, name }
}
