import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { RoleSession } from '../core/access/ports.ts'
import type { InventoryRole } from '../core/catalog/catalog.ts'
import { readSession } from './sts-answer.ts'
import type { makeAttempts } from './sts-attempts.ts'
import type { StsClients } from './sts-client.ts'

const NAME = 'latchkey-inventory'
/** The least that STS gives (STS API, AssumeRole, `DurationSeconds`): a reading takes a minute. */
const SECONDS = 900

/** Whatever the role may do besides, this session describes and changes nothing. */
const READ_ONLY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['rds:Describe*', 'rds:ListTagsForResource'], Resource: '*' },
  ],
})

type Deps = {
  clients: StsClients
  attempts: ReturnType<typeof makeAttempts>
  now: () => Date
}

/** A session of the role that looks around, by the STS of the region that it looks into. It is of nobody: there is no source identity. */
export const assumeInventoryRole =
  ({ clients, attempts, now }: Deps) =>
  ({ arn, externalId }: InventoryRole, region: string): Promise<RoleSession> => {
    const about = { roleArn: arn, region, sessionName: NAME }
    return attempts(about, async (signal) => {
      const command = new AssumeRoleCommand({
        RoleArn: arn,
        ExternalId: externalId,
        RoleSessionName: NAME,
        DurationSeconds: SECONDS,
        Policy: READ_ONLY,
      })
      const answer = await clients(region).send(command, { abortSignal: signal })
      return readSession(answer, about, { now: now(), seconds: SECONDS })
    })
  }
