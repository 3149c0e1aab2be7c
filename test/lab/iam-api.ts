import { AwsError, type XmlTree } from './aws-query.ts'
import { type Account, callerArn, isAllowed } from './iam.ts'
import { MANAGED_ACTIONS } from './iam-managed.ts'
import { ROLE_ACTIONS } from './iam-roles.ts'
import { simulate } from './iam-simulate.ts'
import { USER_ACTIONS } from './iam-users.ts'
import {
  type QueryService,
  type QueryServiceOptions,
  type SignedCall,
  startQueryService,
} from './query-service.ts'

export type IamApi = QueryService

/** What an action of IAM does, and on what: that is asked before it does anything. */
export type IamAction = {
  /** The ARN that permission is needed for. @throws AwsError where a parameter is missing */
  on(parameters: ReadonlyMap<string, string>, account: Account): string
  run(parameters: ReadonlyMap<string, string>, account: Account, now: number): XmlTree | null
}

const ACTIONS: Readonly<Record<string, IamAction>> = {
  ...ROLE_ACTIONS,
  ...USER_ACTIONS,
  ...MANAGED_ACTIONS,
  SimulatePrincipalPolicy: simulate,
}

/** IAM is one for all regions, and signs with this one. */
const HOME_REGION = 'us-east-1'

/** AWS IAM on loopback, on the account that STS and the doors judge by: what is written here opens and closes databases at once. */
export const startIamApi = (options: QueryServiceOptions): Promise<IamApi> =>
  startQueryService(
    {
      service: 'iam',
      name: 'the IAM of the lab',
      version: '2010-05-08',
      namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
      // A client with an endpoint of its own signs with its own region.
      regions: [...options.account.regions, HOME_REGION],
      perform: (call) => perform(call, options.account),
    },
    options,
  )

function perform({ action, parameters, caller, now }: SignedCall, account: Account) {
  const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (!known) {
    throw new AwsError(400, 'InvalidAction', `The lab does not know the action ${action}.`)
  }
  const arn = known.on(parameters, account)
  if (!isAllowed(caller, `iam:${action}`, arn)) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${callerArn(caller)} is not authorized to perform: iam:${action} on resource: ${arn} because no identity-based policy allows the iam:${action} action`,
    )
  }
  return known.run(parameters, account, now)
}
