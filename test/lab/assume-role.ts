import { AwsError, type XmlTree } from './aws-query.ts'
import { type Account, type Caller, callerArn, isAllowed, type Role } from './iam.ts'
import { ask, parsePolicy } from './policy.ts'
import { makeAccessKeyId, makeSecretAccessKey, seal } from './sealed-session.ts'

type Parameters = ReadonlyMap<string, string>

const KNOWN = new Set([
  'Action',
  'Version',
  'RoleArn',
  'RoleSessionName',
  'SourceIdentity',
  'ExternalId',
  'DurationSeconds',
  'Policy',
  'MinimumSessionTokenSize',
])
const NAME = /^[\w+=,.@-]{2,64}$/
/** What the session policy may have (AWS STS API reference, AssumeRole). */
const LONGEST_POLICY = 2048
const LARGEST_TOKEN = 4096

/** `AssumeRole` with the checks of the AWS STS API reference. @throws AwsError */
export function assumeRole(
  account: Account,
  caller: Caller,
  parameters: Parameters,
  now: number,
): XmlTree {
  const unknown = [...parameters.keys()].find((name) => !KNOWN.has(name))
  if (unknown !== undefined) throw invalid(`The lab does not know the parameter ${unknown}.`)
  const wish = readWish(parameters)
  const role = account.roles.get(wish.roleArn)
  if (!role || !mayAssume(caller, role, wish)) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${callerArn(caller)} is not authorized to perform: sts:AssumeRole on resource: ${wish.roleArn}`,
    )
  }
  if (wish.duration > role.maxSessionDuration) {
    throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const accessKeyId = makeAccessKeyId('ASIA')
  const secretAccessKey = makeSecretAccessKey()
  const expiresAt = Math.floor(now / 1000 + wish.duration) * 1000
  const sessionToken = seal(
    {
      accessKeyId,
      secretAccessKey,
      roleArn: role.arn,
      sessionName: wish.sessionName,
      sourceIdentity: wish.sourceIdentity ?? null,
      policy: wish.policy ?? null,
      issuedAt: now,
      expiresAt,
    },
    account.sealingKey,
    wish.tokenSize,
  )
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt).toISOString().replace('.000', ''),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${wish.sessionName}`,
      Arn: `arn:aws:sts::${account.id}:assumed-role/${role.name}/${wish.sessionName}`,
    },
    SourceIdentity: wish.sourceIdentity ?? null,
    PackedPolicySize:
      wish.policy === undefined ? null : Math.ceil((wish.policy.length / LONGEST_POLICY) * 100),
    SessionTokenSize: sessionToken.length,
  }
}

type Wish = ReturnType<typeof readWish>

function readWish(parameters: Parameters) {
  const roleArn = parameters.get('RoleArn') ?? ''
  const sessionName = parameters.get('RoleSessionName') ?? ''
  const sourceIdentity = parameters.get('SourceIdentity')
  const externalId = parameters.get('ExternalId')
  const policy = parameters.get('Policy')
  if (!/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/.test(roleArn)) {
    throw invalid(`${roleArn || 'RoleArn'} is invalid`)
  }
  if (!NAME.test(sessionName)) throw outside('roleSessionName', '[\\w+=,.@-]{2,64}')
  if (
    sourceIdentity !== undefined &&
    (!NAME.test(sourceIdentity) || sourceIdentity.startsWith('aws:'))
  ) {
    throw outside('sourceIdentity', '[\\w+=,.@-]{2,64}')
  }
  if (externalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    throw outside('externalId', '[\\w+=,.@:\\/-]{2,1224}')
  }
  if (policy !== undefined) checkPolicy(policy)
  const duration = integer(parameters, 'DurationSeconds', 900, 43_200) ?? 3600
  const tokenSize = integer(parameters, 'MinimumSessionTokenSize', 0, LARGEST_TOKEN) || undefined
  return { roleArn, sessionName, sourceIdentity, externalId, policy, duration, tokenSize }
}

function checkPolicy(policy: string): void {
  if (policy.length < 1 || policy.length > LONGEST_POLICY) {
    throw outside('policy', `between 1 and ${LONGEST_POLICY} characters`)
  }
  try {
    parsePolicy(policy, 'session')
  } catch (error) {
    throw new AwsError(400, 'MalformedPolicyDocument', (error as Error).message)
  }
}

/**
 * The trust policy must let the caller in, for `sts:AssumeRole` and, when one is set, for `sts:SetSourceIdentity`.
 * Trusting the whole account (`…:root`) only passes the question on to the caller's own policies.
 */
function mayAssume(caller: Caller, role: Role, wish: Wish): boolean {
  // Role chaining is beyond the lab, and the product does not need it.
  if (caller.kind !== 'user') return false
  const { arn } = caller.user
  const root = `arn:aws:iam::${arn.split(':')[4]}:root`
  const context = {
    'sts:rolesessionname': wish.sessionName,
    ...(wish.externalId !== undefined && { 'sts:externalid': wish.externalId }),
    ...(wish.sourceIdentity !== undefined && { 'sts:sourceidentity': wish.sourceIdentity }),
  }
  const actions = ['sts:AssumeRole']
  if (wish.sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  return actions.every((action) => {
    const byName = ask([role.trust.policy], { action, principal: arn, context })
    const byAccount = ask([role.trust.policy], { action, principal: root, context })
    if (byName === 'deny' || byAccount === 'deny') return false
    return byName === 'allow' || (byAccount === 'allow' && isAllowed(caller, action, role.arn))
  })
}

function integer(parameters: Parameters, name: string, low: number, high: number) {
  const text = parameters.get(name)
  if (text === undefined) return undefined
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN
  if (!(value >= low && value <= high)) throw outside(name, `between ${low} and ${high}`)
  return value
}

const invalid = (message: string) => new AwsError(400, 'ValidationError', message)
const outside = (name: string, constraint: string) =>
  invalid(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: ${constraint}`,
  )

export const getCallerIdentity = (account: Account, caller: Caller): XmlTree => ({
  Arn: callerArn(caller),
  UserId:
    caller.kind === 'user' ? caller.user.id : `${caller.role.id}:${caller.session.sessionName}`,
  Account: account.id,
})
