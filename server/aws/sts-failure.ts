import { STSServiceException } from '@aws-sdk/client-sts'
import { DomainError } from '../core/error.ts'
import { AnswerTooLarge } from './cap-answers.ts'
import type { Health } from './circuit.ts'
import { WrongAnswer } from './sts-answer.ts'
import { TimeLimitExceeded } from './time-limit.ts'

/** A call that went wrong: what the person is told, what the log may hold, and what follows for the next call. */
export type Failure = {
  error: DomainError
  health: Health
  retry: boolean
  /** Safe to log: no message of the SDK, which may quote the answer or the signed request. */
  facts: { awsCode?: string; httpStatus?: number; stsRequestId?: string; network?: string }
}

const THROTTLED = /throttl|toomanyrequests|requestlimitexceeded|slowdown|bandwidthlimit/i
/** A certificate that is not trusted stays so, hence is not among them. */
const TRANSIENT = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Sorts whatever the SDK threw. AccessDenied is an answer, not an outage: never retried, never held against the role. */
export function explainFailure(thrown: unknown): Failure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError
  const facts = factsOf(error)
  const failed = (health: Health, retry: boolean, error: DomainError): Failure => ({
    error,
    health,
    retry,
    facts,
  })
  const status = error.$metadata?.httpStatusCode ?? 0

  if (thrown instanceof WrongAnswer) return failed('failing', false, invalid())
  if (thrown instanceof AnswerTooLarge) return failed('failing', false, invalid())
  if (thrown instanceof TimeLimitExceeded) return failed('failing', false, overdue())
  if (error.name === 'CredentialsProviderError') return failed('neither', false, noCredentials())
  if (typeof error.code === 'string')
    return failed('failing', TRANSIENT.has(error.code), unreachable())
  // The SDK's name for a connection that did not come about in time: the request never left.
  if (error.name === 'TimeoutError') return failed('failing', true, overdue())
  if (status === 429 || (thrown instanceof STSServiceException && THROTTLED.test(thrown.name)))
    return failed('failing', true, throttled())
  if (status >= 500) return failed('failing', true, down())
  if (thrown instanceof STSServiceException && status >= 400)
    return failed('well', false, refused(thrown.name))
  if (status > 0) return failed('failing', false, invalid())
  return failed('neither', false, notAsked())
}

type SdkError = {
  name?: string
  code?: string
  $metadata?: { httpStatusCode?: number; requestId?: string }
}

function factsOf(error: SdkError): Failure['facts'] {
  const { httpStatusCode, requestId } = error.$metadata ?? {}
  return {
    ...(error instanceof STSServiceException && { awsCode: error.name.slice(0, 64) }),
    ...(httpStatusCode !== undefined && { httpStatus: httpStatusCode }),
    ...(requestId !== undefined && { stsRequestId: requestId.slice(0, 64) }),
    ...(error.code !== undefined && { network: String(error.code).slice(0, 64) }),
  }
}

const invalid = () =>
  new DomainError('upstream', 'AWS gave an answer that is not what the portal asked for.', {
    reason: 'sts_invalid',
    mend: 'Ask an administrator to check what stands between the portal and AWS STS: a proxy, or AWS_ENDPOINT_URL_STS.',
  })

const overdue = () =>
  new DomainError('timeout', 'AWS did not answer in time.', {
    reason: 'sts_timeout',
    mend: 'Try again in a moment.',
    retryAfter: 2,
  })

const unreachable = () =>
  new DomainError('unavailable', 'The portal cannot reach AWS.', {
    reason: 'sts_unreachable',
    mend: 'Try again in a moment. If it stays so, an administrator should check the way to the STS endpoint of this region.',
    retryAfter: 2,
  })

const throttled = () =>
  new DomainError('unavailable', 'AWS is limiting how often the portal may ask.', {
    reason: 'sts_throttled',
    mend: 'Try again in a moment.',
    retryAfter: 2,
  })

const down = () =>
  new DomainError('unavailable', 'AWS could not do it just now.', {
    reason: 'sts_unavailable',
    mend: 'Try again in a moment.',
    retryAfter: 2,
  })

/** For administrators, and for an engineer to send to one. It names no ARN: the log does. */
function refused(name: string): DomainError {
  if (name.startsWith('AccessDenied'))
    return new DomainError(
      'upstream',
      'AWS does not let the portal act in the role of this team.',
      {
        reason: 'sts_access_denied',
        mend: "Ask an administrator to check the role's trust policy: its Principal is the portal's own IAM role, it allows both sts:AssumeRole and sts:SetSourceIdentity, and its sts:ExternalId is the externalId of the catalog; and that the portal's own role allows the same two on it.",
      },
    )
  return new DomainError('upstream', 'AWS refused the request of the portal.', {
    reason: 'sts_refused',
    mend: MENDS[name] ?? "Ask an administrator to look at the portal's log: it names the error.",
  })
}

const OWN_CREDENTIALS =
  "Ask an administrator to check the portal's own AWS credentials, and its clock."
const MENDS: Readonly<Record<string, string>> = {
  ExpiredToken: OWN_CREDENTIALS,
  ExpiredTokenException: OWN_CREDENTIALS,
  InvalidClientTokenId: OWN_CREDENTIALS,
  SignatureDoesNotMatch: OWN_CREDENTIALS,
  RequestExpired: OWN_CREDENTIALS,
  RegionDisabledException:
    "Ask an administrator to activate AWS STS for this region in the role's account.",
}

const noCredentials = () =>
  new DomainError('upstream', 'The portal has no AWS credentials of its own.', {
    reason: 'sts_no_credentials',
    mend: 'Ask an administrator to give the portal an IAM role: it uses the usual AWS credential chain.',
  })

/** The request never left: a region that is none, a configuration file that cannot be read. */
const notAsked = () =>
  new DomainError('upstream', 'The portal could not ask AWS.', {
    reason: 'sts_not_asked',
    mend: 'Ask an administrator to check the region in the catalog and the AWS settings of the portal.',
  })
