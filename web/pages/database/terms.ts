import type { Offer } from '../../../server/contract/database.ts'
import { duration } from '../../lib/format.ts'

/** The terms of an access rule in one line. */
export const terms = ({ longest, approval }: Offer) =>
  `up to ${duration(longest)} · ${approval ? `needs approval by ${approvers(approval.groups)}` : 'opens at once'}`

/** `payments-leads`, or `payments-leads or platform`: any of the groups will do. */
export const approvers = (groups: readonly string[]) => groups.join(' or ')
