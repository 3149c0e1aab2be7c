import type { Terms } from '../../../server/contract/access-map.ts'
import { duration, plural } from '../../lib/format.ts'

/** On what terms it is had, in one line. */
export const termsText = ({ longest, reason, reasonPattern, approval, emergency }: Terms): string =>
  [
    `up to ${duration(longest)}`,
    ...(reason === 'required' ? ['reason required'] : []),
    ...(reasonPattern ? [`reason like ${reasonPattern}`] : []),
    approval
      ? `${plural(approval.count, 'approval')} by ${approval.groups.join(' or ')}`
      : 'opens at once',
    ...(emergency ? [`emergency ${duration(emergency.longest)}`] : []),
  ].join(' · ')
