/**
 * Everything that can go wrong by somebody's doing, as stable codes.
 * HTTP status, log level and wording at the edge follow from the code: `http/error-handler.ts`.
 */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_many'
  | 'upstream'
  | 'unavailable'
  | 'timeout'

/** One field of what was sent that needs another value: `users/0/name`. */
export type FieldFault = { field: string; message: string; mend: string }

type Options = {
  /** What the reader can do about it, one sentence. */
  mend?: string
  /** A finer, stable name for programs: `approval_required`, `grant_ended`. */
  reason?: string
  /** Seconds after which trying again makes sense. */
  retryAfter?: number
  /** What is wrong with what was sent, field by field. */
  fields?: readonly FieldFault[]
  cause?: unknown
}

/** The one error class. Its message is shown to people: no secret, no SQL, no ARN of somebody else. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ErrorCode
  readonly mend: string | undefined
  readonly reason: string | undefined
  readonly retryAfter: number | undefined
  readonly fields: readonly FieldFault[] | undefined

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.mend = options.mend
    this.reason = options.reason
    this.retryAfter = options.retryAfter
    this.fields = options.fields
  }
}

/** Absent and forbidden are one answer, word for word. */
export const notFound = () =>
  new DomainError('not_found', 'There is nothing at this address, or it is not yours to see.')

/** No session, one that is over, and a key that never was one: nobody is told which. */
export const notSignedIn = () =>
  new DomainError('unauthenticated', 'You are not signed in, or your session has ended.', {
    mend: 'Sign in.',
  })

/** What keeps the portal from starting, as sentences for its operator: what is wrong, and how to mend it. No secret. */
export class StartError extends Error {
  override readonly name: string = 'StartError'
}
