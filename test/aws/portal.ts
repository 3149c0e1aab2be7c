import type { AssumeWish } from '../../server/core/access/ports.ts'
import { stsClients } from '../../server/aws/sts-client.ts'
import { makeAssumeRole, type StsDeps } from '../../server/aws/sts.ts'

/** A database user of a database, wished for by a person. */
export const aWish = (wish: Partial<AssumeWish> = {}): AssumeWish => ({
  roleArn: 'arn:aws:iam::111122223333:role/teams/latchkey-payments',
  externalId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
  sessionName: 'ada.Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmE',
  region: 'eu-west-1',
  connectArn:
    'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_reader',
  ...wish,
})

/** The real code with a clock that the test moves, no jitter and a log that is kept. */
export function aPortal(deps: Partial<StsDeps> = {}) {
  const clock = { now: new Date() }
  const logged: object[] = []
  const slept: number[] = []
  const assumeRole = makeAssumeRole({
    clients: stsClients(),
    now: () => clock.now,
    random: () => 0.5,
    sleep: async (milliseconds) => void slept.push(milliseconds),
    log: { warn: (facts, message) => void logged.push({ ...facts, message }) },
    ...deps,
  })
  const wait = (milliseconds: number) => (clock.now = new Date(clock.now.getTime() + milliseconds))
  return { assumeRole, clock, logged, slept, wait }
}

/** Limits that a test can wait for. */
export const SHORT = { tries: 3, attempt: 600, total: 800, backoff: 1 }
