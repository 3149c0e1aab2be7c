import type { XmlTree } from './aws-query.ts'
import type { Account, User } from './iam.ts'
import type { IamAction } from './iam-api.ts'
import { encodeDocument, noSuch, readDocument, readName } from './iam-documents.ts'
import { need, refuseUnknown } from './query-parameters.ts'

type Parameters = ReadonlyMap<string, string>

const arnOf = (parameters: Parameters, account: Account) =>
  `arn:aws:iam::${account.id}:user/${readName(parameters, 'UserName', 64)}`

/** An action on one user, with the parameters that the lab knows of it. */
const onUser = (
  known: readonly string[],
  run: (user: User, parameters: Parameters) => XmlTree | null,
): IamAction => ({
  on: arnOf,
  run(parameters, account) {
    refuseUnknown(parameters, ['UserName', ...known])
    const found = account.users.find(({ arn }) => arn === arnOf(parameters, account))
    if (found) return run(found, parameters)
    throw noSuch(`The user with name ${parameters.get('UserName')} cannot be found.`)
  },
})

/** What is written into users (AWS IAM API reference): the portal of the demo is one. */
export const USER_ACTIONS: Readonly<Record<string, IamAction>> = {
  ListUserPolicies: onUser(['Marker', 'MaxItems'], ({ policies }) => ({
    PolicyNames: { member: [...policies.keys()] },
    IsTruncated: false,
  })),
  GetUserPolicy: onUser(['PolicyName'], (user, parameters) => {
    const name = need(parameters, 'PolicyName')
    const found = user.policies.get(name)
    if (!found) throw noSuch(`The user policy with name ${name} cannot be found.`)
    const UserName = need(parameters, 'UserName')
    return { UserName, PolicyName: name, PolicyDocument: encodeDocument(found) }
  }),
  PutUserPolicy: onUser(['PolicyName', 'PolicyDocument'], (user, parameters) => {
    const name = readName(parameters, 'PolicyName', 128)
    user.policies.set(name, readDocument(parameters, 'PolicyDocument', 'permissions'))
    return null
  }),
  DeleteUserPolicy: onUser(['PolicyName'], (user, parameters) => {
    const name = need(parameters, 'PolicyName')
    if (!user.policies.delete(name))
      throw noSuch(`The user policy with name ${name} cannot be found.`)
    return null
  }),
}
