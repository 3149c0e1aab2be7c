import { RDSServiceException } from '@aws-sdk/client-rds'
import { DomainError } from '../core/error.ts'
import { AnswerTooLarge } from './cap-answers.ts'
import { TimeLimitExceeded } from './time-limit.ts'

const THROTTLED = /throttl|toomanyrequests|requestlimitexceeded|slowdown/i
const DENIED = /^(AccessDenied|UnauthorizedOperation|OptInRequired)/
/** Some regions and partitions do not have each of the actions. */
const UNKNOWN_ACTION = /^(InvalidAction|UnknownOperation)/

type SdkError = { name?: string; code?: string; $metadata?: { httpStatusCode?: number } }
const asError = (thrown: unknown): SdkError =>
  typeof thrown === 'object' && thrown !== null ? thrown : {}

/** Whether the same call may go well in a moment. */
export function isPassing(thrown: unknown): boolean {
  const { name = '', code, $metadata } = asError(thrown)
  const status = $metadata?.httpStatusCode ?? 0
  if (thrown instanceof AnswerTooLarge || thrown instanceof TimeLimitExceeded) return false
  return (
    status === 429 ||
    status >= 500 ||
    THROTTLED.test(name) ||
    name === 'TimeoutError' ||
    (code !== undefined && /^(ECONN|EPIPE|EAI_AGAIN|ETIMEDOUT)/.test(code))
  )
}

/** Whether this action is not for this role or region, while others may be. */
export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof RDSServiceException &&
  (DENIED.test(thrown.name) || UNKNOWN_ACTION.test(thrown.name))

/** What an administrator is told. No message of the SDK, which may quote the answer or the signed request. */
export function explainRds(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown
  const { name = '', code, $metadata } = asError(thrown)
  const told = (reason: string, message: string, mend: string) =>
    new DomainError('upstream', message, { reason, mend })
  if (thrown instanceof TimeLimitExceeded || name === 'TimeoutError')
    return told(
      'rds_timeout',
      'RDS did not answer in time.',
      'It is tried again within minutes. If it stays so, look whether the portal reaches the RDS endpoint of this region.',
    )
  if (isMissing(thrown))
    return told(
      'rds_access_denied',
      'AWS lets the role of the inventory describe nothing here.',
      'Allow it rds:Describe* and rds:ListTagsForResource; look whether a policy of the organisation denies this region.',
    )
  if (THROTTLED.test(name))
    return told(
      'rds_throttled',
      'AWS limits how often RDS may be asked here.',
      'It is tried again within minutes.',
    )
  if (code !== undefined)
    return told(
      'rds_unreachable',
      'The portal cannot reach RDS in this region.',
      'Check the way to the RDS endpoint of this region, or AWS_ENDPOINT_URL_RDS.',
    )
  if (thrown instanceof RDSServiceException && ($metadata?.httpStatusCode ?? 0) < 500)
    return told(
      'rds_refused',
      'AWS refused the request of the portal.',
      "Check the role of the inventory, and the portal's clock.",
    )
  return told(
    'rds_invalid',
    'RDS gave an answer that is not what the portal asked for.',
    'It is tried again within minutes. If it stays so, check what stands between the portal and RDS.',
  )
}
