import type { XmlTree } from './aws-query.ts'
import type { Account, ManagedPolicy } from './iam.ts'
import type { IamAction } from './iam-api.ts'
import {
  conflict,
  encodeDocument,
  exists,
  findManaged,
  noSuch,
  readDocument,
  readName,
  SINCE,
} from './iam-documents.ts'
import { need, refuseUnknown } from './query-parameters.ts'

type Parameters = ReadonlyMap<string, string>

/** The lab keeps one version of each; a policy is changed by making another. */
const VERSION = 'v1'

const arnOf = (parameters: Parameters, account: Account) =>
  `arn:aws:iam::${account.id}:policy/${readName(parameters, 'PolicyName', 128)}`

const attachmentsOf = ({ arn }: ManagedPolicy, account: Account) =>
  [...account.roles.values()].filter(({ attached }) => attached.has(arn)).length

const onPolicy = (
  known: readonly string[],
  run: (policy: ManagedPolicy, account: Account, parameters: Parameters) => XmlTree | null,
): IamAction => ({
  on: (parameters) => need(parameters, 'PolicyArn'),
  run(parameters, account) {
    refuseUnknown(parameters, ['PolicyArn', ...known])
    return run(findManaged(parameters, account), account, parameters)
  },
})

/** Policies that stand by themselves, to be attached (AWS IAM API reference). */
export const MANAGED_ACTIONS: Readonly<Record<string, IamAction>> = {
  CreatePolicy: {
    on: arnOf,
    run(parameters, account) {
      refuseUnknown(parameters, ['PolicyName', 'PolicyDocument', 'Description'])
      const arn = arnOf(parameters, account)
      const name = readName(parameters, 'PolicyName', 128)
      if (account.managed.has(arn)) throw exists(`A policy called ${name} already exists.`)
      const document = readDocument(parameters, 'PolicyDocument', 'permissions')
      const id = `ANPADEMO${String(account.managed.size).padStart(13, '0')}`
      const policy = { arn, name, id, document }
      account.managed.set(arn, policy)
      return { Policy: showPolicy(policy, account) }
    },
  },
  GetPolicy: onPolicy([], (policy, account) => ({ Policy: showPolicy(policy, account) })),
  GetPolicyVersion: onPolicy(['VersionId'], ({ arn, document }, _, parameters) => {
    const version = need(parameters, 'VersionId')
    if (version !== VERSION) throw noSuch(`Policy ${arn} version ${version} does not exist.`)
    return {
      PolicyVersion: {
        Document: encodeDocument(document),
        VersionId: VERSION,
        IsDefaultVersion: true,
        CreateDate: SINCE,
      },
    }
  }),
  DeletePolicy: onPolicy([], (policy, account) => {
    if (attachmentsOf(policy, account) > 0)
      throw conflict('Cannot delete a policy attached to entities.')
    account.managed.delete(policy.arn)
    return null
  }),
}

const showPolicy = (policy: ManagedPolicy, account: Account): XmlTree => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: '/',
  DefaultVersionId: VERSION,
  AttachmentCount: attachmentsOf(policy, account),
  IsAttachable: true,
  CreateDate: SINCE,
  UpdateDate: SINCE,
})
