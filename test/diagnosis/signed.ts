import { createHash } from 'node:crypto'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeAssumeRole } from '../../server/aws/sts.ts'
import type { Known } from '../../server/core/diagnosis/diagnose.ts'
import { ACCOUNT_ID, ROLES, roleArn } from '../lab/account.ts'
import type { LabDatabase } from '../lab/databases.ts'
import type { Lab } from '../lab/lab.ts'

/** A token as the portal makes it for the team payments, and what it knows of it a moment later. */
export type Signed = { token: string; known: Known }

/** By the portal's own code: a role session narrowed to one ARN, and the signer. For the first endpoint. */
export async function signFor(lab: Lab, database: LabDatabase, user: string): Promise<Signed> {
  Object.assign(process.env, lab.environment)
  const { region, resource, port } = database
  const [endpoint] = database.endpoints
  if (!endpoint) throw new Error(`${database.name} has no endpoint`)
  const session = await makeAssumeRole()({
    roleArn: roleArn('payments'),
    externalId: ROLES.payments.externalId,
    sessionName: 'ada',
    region,
    connectArn: `arn:aws:rds-db:${region}:${ACCOUNT_ID}:dbuser:${resource}/${user}`,
  })
  const { name, host } = endpoint
  const { token, expiresAt } = await makeSignToken()({ host, port, region, user, session })
  const sha256 = createHash('sha256').update(token).digest('hex')
  const now = new Date()
  const issued = { issuedAt: now, expiresAt, endpoint: name, host, port, region, user, sha256 }
  return {
    token,
    known: {
      now,
      user,
      token: { ...issued, length: token.length },
      finding: null,
      receivedLength: undefined,
    },
  }
}
