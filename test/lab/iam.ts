import { randomBytes } from 'node:crypto'
import { ask, parsePolicy, type Policy, type PolicyKind } from './policy.ts'
import { type RoleSessionSeal, unseal } from './sealed-session.ts'

/** An AWS account as the lab knows it: users with one long-lived key each, roles, and policies to attach to them. */
export type Account = {
  id: string
  regions: readonly string[]
  users: readonly User[]
  /** By ARN; the lab's IAM makes and deletes them while it runs. */
  roles: Map<string, Role>
  /** By ARN. */
  managed: Map<string, ManagedPolicy>
  /** 32 bytes that seal session tokens. */
  sealingKey: Buffer
}

export type User = {
  arn: string
  id: string
  accessKeyId: string
  secretAccessKey: string
  /** Inline policies by name. */
  policies: Map<string, PolicyDocument>
}

/** A policy as it was written, and as the lab understands it. */
export type PolicyDocument = { text: string; policy: Policy }

export type Role = {
  arn: string
  name: string
  id: string
  trust: PolicyDocument
  /** Inline policies by name; tests put and delete them while the lab runs. */
  policies: Map<string, PolicyDocument>
  /** By ARN. */
  attached: Map<string, ManagedPolicy>
  /** Seconds. */
  maxSessionDuration: number
}

export type ManagedPolicy = { arn: string; name: string; id: string; document: PolicyDocument }

type RoleDefinition = {
  name: string
  trust: object
  policies: Readonly<Record<string, object>>
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
  roles: readonly RoleDefinition[]
}

/** @throws UnknownPolicyError when a policy has an element that the lab does not know */
export function defineAccount(definition: AccountDefinition): Account {
  const { id, regions, sealingKey } = definition
  const users = definition.users.map(({ name, policies, ...keys }, index) => ({
    ...keys,
    arn: `arn:aws:iam::${id}:user/${name}`,
    id: `AIDADEMO${String(index).padStart(13, '0')}`,
    policies: new Map(
      policies.map((policy, at) => [
        `policy-${at + 1}`,
        readPolicy(JSON.stringify(policy), 'permissions'),
      ]),
    ),
  }))
  const account = { id, regions, users, roles: new Map(), managed: new Map(), sealingKey }
  for (const role of definition.roles) addRole(account, role)
  return account
}

/** @throws UnknownPolicyError when its trust policy or one of the others has an element that the lab does not know */
export function addRole(account: Account, definition: RoleDefinition): Role {
  const { name, trust, policies, maxSessionDuration } = definition
  const role: Role = {
    arn: `arn:aws:iam::${account.id}:role/${name}`,
    name,
    id: `AROADEMO${randomBytes(7).toString('hex').slice(0, 13).toUpperCase()}`,
    trust: readPolicy(JSON.stringify(trust), 'trust'),
    policies: new Map(),
    attached: new Map(),
    maxSessionDuration,
  }
  for (const [key, policy] of Object.entries(policies)) putRolePolicy(role, key, policy)
  account.roles.set(role.arn, role)
  return role
}

/** @throws UnknownPolicyError */
export const readPolicy = (text: string, kind: PolicyKind): PolicyDocument => ({
  text,
  policy: parsePolicy(text, kind),
})

/** What an administrator does in IAM: `role.policies` changes for sessions that exist already, too. */
export function putRolePolicy(role: Role, name: string, document: object): void {
  role.policies.set(name, readPolicy(JSON.stringify(document), 'permissions'))
}

/** All that a role or a user may do, whether written into it or attached. */
export const policiesOf = (of: Role | User): Policy[] =>
  [
    ...of.policies.values(),
    ...('attached' in of ? [...of.attached.values()].map(({ document }) => document) : []),
  ].map(({ policy }) => policy)

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
    return ask(policiesOf(caller.user), { action, resource, context: {} }) === 'allow'
  }
  const { session, role } = caller
  const context = { 'aws:tokenissuetime': new Date(session.issuedAt).toISOString() }
  const question = { action, resource, context }
  const bySession =
    session.policy === null ? 'allow' : ask([parsePolicy(session.policy, 'session')], question)
  return ask(policiesOf(role), question) === 'allow' && bySession === 'allow'
}

/** The name by which IAM speaks of a caller. */
export function callerArn(caller: Caller): string {
  if (caller.kind === 'user') return caller.user.arn
  const { role, session } = caller
  const account = role.arn.split(':')[4]
  return `arn:aws:sts::${account}:assumed-role/${role.name}/${session.sessionName}`
}
