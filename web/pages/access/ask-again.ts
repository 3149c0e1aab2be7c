import type { Grant } from '../../../server/contract/grant.ts'
import { links } from '../../routes.ts'
import { drafts } from '../database/draft.ts'

/** How long it was asked for, in seconds. */
export const askedFor = ({ startsAt, endsAt }: Grant) =>
  Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000) * 60

/** The form that asks for the same once more; `refill` has to come before it opens. */
export const askAgain = {
  href: (grant: Grant) => `${links.database(grant.database)}?ask=1`,
  refill: (grant: Grant) => {
    const { team, user, reason } = grant
    drafts.keep(grant.database, { team, user, seconds: askedFor(grant), reason: reason ?? '' })
  },
}
