import type { Preview } from '../../../server/contract/access-map.ts'

type Line = { sign: '+' | '-' | '~'; text: string }

/** What changes beside what can be asked for: who administers, audits, decides, and which roles are assumed. */
export function othersOf({
  administrators,
  auditors,
  approvers,
  roles,
}: NonNullable<Preview['change']>): Line[] {
  const both = <T>(change: { gains: T[]; losses: T[] }, say: (each: T) => string): Line[] => [
    ...change.gains.map((each): Line => ({ sign: '+', text: say(each) })),
    ...change.losses.map((each): Line => ({ sign: '-', text: say(each) })),
  ]
  return [
    ...both(administrators, (group) => `${group} administers`),
    ...both(auditors, (group) => `${group} reads the audit log`),
    ...both(
      approvers,
      ({ group, user, database, team }) =>
        `${group} decides about ${user} on ${database}, team ${team}`,
    ),
    ...roles.map(({ team, account, from, to }): Line => ({
      sign: '~',
      text: `team ${team} assumes ${to} in ${account}, and not ${from}`,
    })),
  ]
}
