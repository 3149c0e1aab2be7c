/** The half-open window [startsAt, endsAt) in which that person may have tokens. Times are the database's. */
export type Grant = {
  id: string
  requestId: string
  personId: string
  team: string
  database: string
  user: string
  reason: string | null
  /** Opened without the approval that its rule asks for: somebody else has to review it. */
  emergency: boolean
  startsAt: Date
  endsAt: Date
  endedAt: Date | null
  /** By its holder, or by somebody who may. Null while it runs or when time ended it. */
  endedBy: string | null
  /** Why somebody else ended it. */
  endReason: string | null
}

/** Whether tokens may be had at `now`, the database's clock. The window is half-open. */
export const isActive = (grant: Pick<Grant, 'startsAt' | 'endsAt' | 'endedAt'>, now: Date) =>
  grant.endedAt === null && grant.startsAt <= now && now < grant.endsAt

/** Whether it can still be ended: it runs, or has not begun. */
export const isOpen = (grant: Pick<Grant, 'endsAt' | 'endedAt'>, now: Date) =>
  grant.endedAt === null && now < grant.endsAt

/** What somebody other than the holder said about an emergency. */
export type Review = { by: { id: string; name: string | null }; comment: string; at: Date }
