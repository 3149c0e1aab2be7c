import type { Grant } from '../../../server/contract/grant.ts'
import { links } from '../../routes.ts'
import { drafts } from '../database/draft.ts'

/** How long a grant was asked for, in seconds. */
export const askedFor = ({ startsAt, endsAt }: Grant) =>
  Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000) * 60

type Asked = { database: string; team: string; user: string; reason: string | null } & (
  { seconds: number } | Grant
)

/** The form that asks for the same once more; `refill` has to come before it opens. */
export const askAgain = {
  href: ({ database }: Asked) => `${links.database(database)}?ask=1`,
  refill: (asked: Asked) => {
    const { database, team, user, reason } = asked
    const seconds = 'seconds' in asked ? asked.seconds : askedFor(asked)
    drafts.keep(database, { team, user, seconds, reason: reason ?? '' })
  },
}
