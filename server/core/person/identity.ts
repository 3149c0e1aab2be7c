import type { SignInRefusal } from '../audit/event.ts'

/** Who signed in, as the provider proved it. */
export type Identity = {
  issuer: string
  subject: string
  name: string | null
  email: string | null
  groups: string[]
  groupsFrom: 'id_token' | 'userinfo' | 'none'
  /** What the provider said, for "My account": display only, values as short text. */
  claims: Claim[]
  /** When the provider saw the person itself (`auth_time`); null where it does not say. */
  provedAt?: Date | null
}

export type Claim = { name: string; value: string }

/** A sign-in that ends without a session. `code` goes to the audit log, the message to the person. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused'
  readonly code: SignInRefusal

  constructor(code: SignInRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
