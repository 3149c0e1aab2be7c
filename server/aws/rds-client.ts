import { RDSClient } from '@aws-sdk/client-rds'
import type { RoleSession } from '../core/access/ports.ts'
import { CAP_PLACE, capAnswers } from './cap-answers.ts'

/** A page of a hundred instances is some half a megabyte. */
const LARGEST_ANSWER = 8 * 1024 * 1024

/** Milliseconds for a connection, and for one answer. */
const LIMITS = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

/** The endpoint is the SDK's own business (`AWS_ENDPOINT_URL_RDS`, shared config); without them it is the region's. */
export function rdsClient(region: string, session: RoleSession): RDSClient {
  const { accessKeyId, secretAccessKey, sessionToken } = session
  const client = new RDSClient({
    region,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    // We retry ourselves: the SDK knows no deadline that is shared by all lists of a place.
    maxAttempts: 1,
    requestHandler: LIMITS,
  })
  client.middlewareStack.add(capAnswers(LARGEST_ANSWER), CAP_PLACE)
  return client
}
