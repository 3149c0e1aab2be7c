import type { Offer } from '../../../server/contract/database.ts'
import { duration } from '../../lib/format.ts'

/** The terms of an access rule in one line. */
export const terms = ({ longest, approval }: Offer) =>
  `up to ${duration(longest)} · ${approval ? 'needs approval' : 'opens at once'}`
