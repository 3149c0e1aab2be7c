/** Somebody who signed in, as every use case sees them. Keyed by (issuer, subject), never by e-mail. */
export type Actor = SignedIn & {
  /** Where the request came from, for the audit log. */
  address: string
  requestId: string
}

/** What a session knows of its person. */
export type SignedIn = {
  personId: string
  issuer: string
  subject: string
  name: string | null
  email: string | null
  /** The session they act in. Rights are those of its groups. */
  sessionId: string
  groups: readonly string[]
}
