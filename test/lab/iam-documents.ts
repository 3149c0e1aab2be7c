import { AwsError } from './aws-query.ts'
import {
  type Account,
  type ManagedPolicy,
  type PolicyDocument,
  readPolicy,
  type Role,
} from './iam.ts'
import type { PolicyKind } from './policy.ts'
import { need } from './query-parameters.ts'

type Parameters = ReadonlyMap<string, string>

/** Role and policy names (AWS IAM API reference). */
const NAME = /^[\w+=,.@-]{1,128}$/

export function readName(parameters: Parameters, parameter: string, longest: number): string {
  const name = need(parameters, parameter)
  if (NAME.test(name) && name.length <= longest) return name
  throw new AwsError(
    400,
    'ValidationError',
    `The specified value for ${parameter} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  )
}

/** @throws AwsError with what the lab does not understand of it: what it does not understand it cannot judge by */
export function readDocument(
  parameters: Parameters,
  parameter: string,
  kind: PolicyKind,
): PolicyDocument {
  const text = need(parameters, parameter)
  try {
    return readPolicy(text, kind)
  } catch (error) {
    throw new AwsError(400, 'MalformedPolicyDocument', (error as Error).message)
  }
}

/** IAM gives documents back as they were written, percent-encoded (RFC 3986). */
export const encodeDocument = ({ text }: PolicyDocument) => encodeURIComponent(text)

export const roleArnOf = (parameters: Parameters, account: Account) =>
  `arn:aws:iam::${account.id}:role/${readName(parameters, 'RoleName', 64)}`

/** @throws AwsError NoSuchEntity */
export function findRole(parameters: Parameters, account: Account): Role {
  const found = account.roles.get(roleArnOf(parameters, account))
  if (found) return found
  throw noSuch(`The role with name ${parameters.get('RoleName')} cannot be found.`)
}

/** @throws AwsError NoSuchEntity */
export function findManaged(parameters: Parameters, account: Account): ManagedPolicy {
  const arn = need(parameters, 'PolicyArn')
  const found = account.managed.get(arn)
  if (found) return found
  throw noSuch(`Policy ${arn} does not exist or is not attachable.`)
}

export const noSuch = (message: string) => new AwsError(404, 'NoSuchEntity', message)
export const exists = (message: string) => new AwsError(409, 'EntityAlreadyExists', message)
export const conflict = (message: string) => new AwsError(409, 'DeleteConflict', message)

/** The account remembers no dates: everything in it is as old as the lab says. */
export const SINCE = '2026-01-01T00:00:00Z'
