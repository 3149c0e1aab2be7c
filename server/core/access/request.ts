export type RequestState = 'pending' | 'approved' | 'denied' | 'withdrawn' | 'lapsed' | 'cancelled'

/** What one person asked for, under one rule. Nothing of it ever changes but its state. Times are the database's. */
export type AccessRequest = {
  id: string
  personId: string
  team: string
  database: string
  user: string
  /** How long the window is to be, in seconds. */
  seconds: number
  reason: string | null
  emergency: boolean
  /** When the window should begin; null for at once. */
  startsAt: Date | null
  state: RequestState
  createdAt: Date
  /** When nobody can decide any more; null where nobody had to. */
  lapsesAt: Date | null
  /** When it stopped being pending. */
  closedAt: Date | null
}

export type Wish = Pick<
  AccessRequest,
  'personId' | 'team' | 'database' | 'user' | 'seconds' | 'reason' | 'emergency' | 'startsAt'
>

export type Verdict = 'approve' | 'deny'

/** What somebody said to a request, and to which terms. */
export type Decision = {
  by: Person
  verdict: Verdict
  comment: string | null
  /** Those of `termsOf`, as that person saw them. */
  terms: string
  at: Date
}

/** Somebody as others see them. */
export type Person = {
  id: string
  issuer: string
  subject: string
  name: string | null
  email: string | null
  /** Those of their newest sign-in. */
  groups: readonly string[]
}

/** A request with all that a decision about it rests on. */
export type RequestFile = {
  request: AccessRequest
  asker: Person
  decisions: Decision[]
  /** The name of the administrator who closed it, and why; null for all others. */
  cancelled: { by: string; reason: string } | null
}
