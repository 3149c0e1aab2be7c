import { assumeRole, getCallerIdentity } from './assume-role.ts'
import { AwsError } from './aws-query.ts'
import {
  type QueryCall,
  type QueryFault,
  type QueryService,
  type QueryServiceOptions,
  startQueryService,
} from './query-service.ts'

export type StsCall = QueryCall
export type StsFault = QueryFault
export type StsOptions = QueryServiceOptions
export type Sts = QueryService

/** AWS Security Token Service on loopback: `AssumeRole` and `GetCallerIdentity`. */
export const startSts = (options: StsOptions): Promise<Sts> =>
  startQueryService(
    {
      service: 'sts',
      name: 'the STS of the lab',
      version: '2011-06-15',
      namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      perform({ action, parameters, caller, now }) {
        const { account } = options
        if (action === 'AssumeRole') return assumeRole(account, caller, parameters, now)
        if (action === 'GetCallerIdentity') return getCallerIdentity(account, caller)
        throw new AwsError(400, 'InvalidAction', `The lab does not know the action ${action}.`)
      },
    },
    options,
  )
