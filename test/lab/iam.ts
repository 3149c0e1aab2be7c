import { ask, parsePolicy, type Policy } from './policy.ts'
import { type RoleSessionSeal, unseal } from './sealed-session.ts'

/** An AWS account as the lab knows it: users with one long-lived key each, and roles. */
export type Account = {
  id: string
  regions: readonly string[]
  users: readonly User[]
  /** By ARN. */
  roles: ReadonlyMap<string, Role>
  /** 32 bytes that seal session tokens. */
  sealingKey: Buffer
}

export type User = {
  arn: string
  id: string
  accessKeyId: string
  secretAccessKey: string
  policies: readonly Policy[]
}

export type Role = {
  arn: string
  name: string
  id: string
  trust: Policy
  /** Inline policies by name; tests put and delete them while the lab runs. */
  policies: Map<string, Policy>
  /** Seconds. */
  maxSessionDuration: number
}

export type AccountDefinition = {
  id: string
  regions: readonly string[]
  sealingKey: Buffer
  users: readonly {
    name: string
    accessKeyId: string
    secretAccessKey: string
    policies: readonly object[]
  }[]
  roles: readonly {
    name: string
    trust: object
    policies: Readonly<Record<string, object>>
    maxSessionDuration: number
  }[]
}

/** @throws UnknownPolicyError when a policy has an element that the lab does not know */
export function defineAccount(definition: AccountDefinition): Account {
  const { id, regions, sealingKey } = definition
  const users = definition.users.map(({ name, policies, ...keys }, index) => ({
    ...keys,
    arn: `arn:aws:iam::${id}:user/${name}`,
    id: `AIDADEMO${String(index).padStart(13, '0')}`,
    policies: policies.map((policy) => parsePolicy(JSON.stringify(policy), 'permissions')),
  }))
  const roles = definition.roles.map(({ name, trust, policies, maxSessionDuration }, index) => ({
    arn: `arn:aws:iam::${id}:role/${name}`,
    name,
    id: `AROADEMO${String(index).padStart(13, '0')}`,
    trust: parsePolicy(JSON.stringify(trust), 'trust'),
    policies: new Map(
      Object.entries(policies).map(([key, policy]) => [
        key,
        parsePolicy(JSON.stringify(policy), 'permissions'),
      ]),
    ),
    maxSessionDuration,
  }))
  return { id, regions, users, roles: new Map(roles.map((role) => [role.arn, role])), sealingKey }
}

/** What an administrator does in IAM: `role.policies` changes for sessions that exist already, too. */
export function putRolePolicy(role: Role, name: string, document: object): void {
  role.policies.set(name, parsePolicy(JSON.stringify(document), 'permissions'))
}

export type Caller =
  | { kind: 'user'; user: User; secret: string }
  | { kind: 'session'; session: RoleSessionSeal; role: Role; secret: string }

export type CallerProblem = 'unknown' | 'expired'

/** Whose key this is. A key of a session needs its own session token, and no other key may carry one. */
export function findCaller(
  account: Account,
  accessKeyId: string,
  sessionToken: string | undefined,
  now: number,
): Caller | CallerProblem {
  if (sessionToken === undefined) {
    const user = account.users.find((candidate) => candidate.accessKeyId === accessKeyId)
    return user ? { kind: 'user', user, secret: user.secretAccessKey } : 'unknown'
  }
  const session = unseal(sessionToken, account.sealingKey)
  const role = session && account.roles.get(session.roleArn)
  if (!session || !role || session.accessKeyId !== accessKeyId) return 'unknown'
  if (now >= session.expiresAt) return 'expired'
  return { kind: 'session', session, role, secret: session.secretAccessKey }
}

/** As IAM answers at connect time: an allow of the caller's own policies and, if there is one, of the session policy; no deny anywhere. */
export function isAllowed(caller: Caller, action: string, resource: string): boolean {
  if (caller.kind === 'user') {
    return ask(caller.user.policies, { action, resource, context: {} }) === 'allow'
  }
  const { session, role } = caller
  const context = { 'aws:tokenissuetime': new Date(session.issuedAt).toISOString() }
  const question = { action, resource, context }
  const bySession =
    session.policy === null ? 'allow' : ask([parsePolicy(session.policy, 'session')], question)
  return ask([...role.policies.values()], question) === 'allow' && bySession === 'allow'
}

/** The name by which IAM speaks of a caller. */
export function callerArn(caller: Caller): string {
  if (caller.kind === 'user') return caller.user.arn
  const { role, session } = caller
  const account = role.arn.split(':')[4]
  return `arn:aws:sts::${account}:assumed-role/${role.name}/${session.sessionName}`
}
