/** What one person asked for, under one rule. */
export type AccessRequest = {
  id: string
  personId: string
  team: string
  database: string
  user: string
  /** Seconds. */
  duration: number
  reason: string | null
  /** `pending`, `denied`, `withdrawn` and `lapsed` come with rules that need approval. */
  state: 'pending' | 'approved' | 'denied' | 'withdrawn' | 'lapsed'
  createdAt: Date
}

/** The half-open window [startsAt, endsAt) in which that person may have tokens. Times are the database's. */
export type Grant = {
  id: string
  requestId: string
  personId: string
  team: string
  database: string
  user: string
  reason: string | null
  startsAt: Date
  endsAt: Date
  endedAt: Date | null
  /** By its holder, or by somebody who may. Null while it runs or when time ended it. */
  endedBy: string | null
}

/** Whether tokens may be had at `now`, the database's clock. The window is half-open. */
export const isActive = (grant: Pick<Grant, 'startsAt' | 'endsAt' | 'endedAt'>, now: Date) =>
  grant.endedAt === null && grant.startsAt <= now && now < grant.endsAt
