import { AwsError, type XmlTree } from './aws-query.ts'
import { type Account, addRole, type PolicyDocument, type Role } from './iam.ts'
import type { IamAction } from './iam-api.ts'
import {
  conflict,
  encodeDocument,
  exists,
  findManaged,
  findRole,
  noSuch,
  readDocument,
  readName,
  roleArnOf,
  SINCE,
} from './iam-documents.ts'
import { need, refuseUnknown } from './query-parameters.ts'

type Parameters = ReadonlyMap<string, string>

/** An action on one role, with the parameters that the lab knows of it. */
const onRole = (
  known: readonly string[],
  run: (role: Role, parameters: Parameters, account: Account) => XmlTree | null,
): IamAction => ({
  on: roleArnOf,
  run(parameters, account) {
    refuseUnknown(parameters, ['RoleName', ...known])
    return run(findRole(parameters, account), parameters, account)
  },
})

/** Lists are short here: none has a second page. */
const PAGE = ['Marker', 'MaxItems']

/** Roles and what is written into them (AWS IAM API reference). */
export const ROLE_ACTIONS: Readonly<Record<string, IamAction>> = {
  GetRole: onRole([], (role) => ({ Role: showRole(role) })),
  ListRolePolicies: onRole(PAGE, ({ policies }) => ({
    PolicyNames: { member: [...policies.keys()] },
    IsTruncated: false,
  })),
  ListAttachedRolePolicies: onRole(PAGE, ({ attached }) => ({
    AttachedPolicies: {
      member: [...attached.values()].map((it) => ({ PolicyName: it.name, PolicyArn: it.arn })),
    },
    IsTruncated: false,
  })),
  GetRolePolicy: onRole(['PolicyName'], (role, parameters) => {
    const name = need(parameters, 'PolicyName')
    const found = role.policies.get(name)
    if (!found) throw noSuch(`The role policy with name ${name} cannot be found.`)
    return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeDocument(found) }
  }),
  PutRolePolicy: onRole(['PolicyName', 'PolicyDocument'], (role, parameters) => {
    const name = readName(parameters, 'PolicyName', 128)
    role.policies.set(name, readDocument(parameters, 'PolicyDocument', 'permissions'))
    return null
  }),
  DeleteRolePolicy: onRole(['PolicyName'], (role, parameters) => {
    const name = need(parameters, 'PolicyName')
    if (!role.policies.delete(name))
      throw noSuch(`The role policy with name ${name} cannot be found.`)
    return null
  }),
  UpdateAssumeRolePolicy: onRole(['PolicyDocument'], (role, parameters, account) => {
    role.trust = readTrust(parameters, 'PolicyDocument', account)
    return null
  }),
  AttachRolePolicy: onRole(['PolicyArn'], (role, parameters, account) => {
    const policy = findManaged(parameters, account)
    role.attached.set(policy.arn, policy)
    return null
  }),
  DetachRolePolicy: onRole(['PolicyArn'], (role, parameters) => {
    const arn = need(parameters, 'PolicyArn')
    if (!role.attached.delete(arn)) throw noSuch(`Policy ${arn} was not found.`)
    return null
  }),
  DeleteRole: onRole([], (role, _, account) => {
    if (role.policies.size > 0) throw conflict('Cannot delete entity, must delete policies first.')
    if (role.attached.size > 0)
      throw conflict('Cannot delete entity, must detach all policies first.')
    account.roles.delete(role.arn)
    return null
  }),
  CreateRole: {
    on: roleArnOf,
    run(parameters, account) {
      const known = ['AssumeRolePolicyDocument', 'MaxSessionDuration', 'Description']
      refuseUnknown(parameters, ['RoleName', ...known])
      const name = readName(parameters, 'RoleName', 64)
      // Names are told apart without their capitals.
      const arns = [...account.roles.keys()].map((arn) => arn.toLowerCase())
      if (arns.includes(roleArnOf(parameters, account).toLowerCase()))
        throw exists(`Role with name ${name} already exists.`)
      const { text } = readTrust(parameters, 'AssumeRolePolicyDocument', account)
      const maxSessionDuration = readDuration(parameters)
      const trust = JSON.parse(text) as object
      const role = addRole(account, { name, trust, policies: {}, maxSessionDuration })
      return { Role: showRole(role) }
    },
  },
}

/** A principal of our own account must be there, as IAM demands. */
function readTrust(parameters: Parameters, parameter: string, account: Account): PolicyDocument {
  const document = readDocument(parameters, parameter, 'trust')
  const own = `arn:aws:iam::${account.id}:`
  const known = [`${own}root`, ...account.users.map(({ arn }) => arn), ...account.roles.keys()]
  for (const arn of document.policy.flatMap(({ principals }) => principals)) {
    if (!arn.startsWith(own) || known.includes(arn)) continue
    throw new AwsError(
      400,
      'MalformedPolicyDocument',
      `Invalid principal in policy: "AWS":"${arn}"`,
    )
  }
  return document
}

function readDuration(parameters: Parameters): number {
  const text = parameters.get('MaxSessionDuration') ?? '3600'
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (seconds >= 3600 && seconds <= 43_200) return seconds
  throw new AwsError(400, 'ValidationError', 'MaxSessionDuration must be from 3600 to 43200.')
}

const showRole = (role: Role): XmlTree => ({
  Path: '/',
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: SINCE,
  AssumeRolePolicyDocument: encodeDocument(role.trust),
  MaxSessionDuration: role.maxSessionDuration,
})
