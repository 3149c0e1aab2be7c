import {
  GetObjectLockConfigurationCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { DeliveryError } from '../outgoing/delivery-error.ts'
import { keptInS3, keyOf } from './kept-in-s3.ts'
import type { Place } from './place.ts'

export type S3Settings = {
  bucket: string
  /** Of the objects' keys: empty, or without slashes at its ends. */
  prefix: string
  retainDays: number
  /** Where the endpoint is not AWS's: names of buckets then stand in the path, not in the host. */
  pathStyle: boolean
  now: () => Date
}

/** Milliseconds for a connection, and for an answer. */
const LIMITS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true }
const DAY = 86_400_000

/**
 * One object for each checkpoint, in a bucket with Object Lock and in compliance mode: until its time is over nobody can delete
 * or overwrite it, the root of the account included (S3 user guide, "Locking objects with Object Lock").
 * Region, endpoint and credentials are the SDK's own business.
 */
export function s3Place({ bucket, prefix, retainDays, pathStyle, now }: S3Settings): Place {
  const client = new S3Client({
    // Retrying is the worker's, which knows that only the newest matters.
    maxAttempts: 1,
    forcePathStyle: pathStyle,
    requestHandler: LIMITS,
  })
  let locked = false

  async function check(abortSignal: AbortSignal): Promise<string | null> {
    try {
      const { ObjectLockConfiguration } = await client.send(
        new GetObjectLockConfigurationCommand({ Bucket: bucket }),
        { abortSignal },
      )
      locked = ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled'
    } catch (error) {
      if ((error as Error).name !== 'ObjectLockConfigurationNotFoundError') throw codeOf(error)
      locked = false
    }
    return locked
      ? null
      : `The bucket ${bucket} has no Object Lock, so that what is anchored there could be deleted. Make a bucket with Object Lock and name it in AUDIT_ANCHOR_S3.`
  }

  return {
    every: 60,
    check,
    recall: async ({ from }, abortSignal) => {
      try {
        return { notes: await keptInS3({ client, bucket, prefix }, from, abortSignal) }
      } catch (error) {
        throw codeOf(error)
      }
    },
    put: async ({ size, note }, _before, abortSignal) => {
      if (!locked && (await check(abortSignal)) !== null)
        throw new DeliveryError({ code: 'no_object_lock' })
      const key = keyOf(prefix, size)
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: Buffer.from(note),
        ContentType: 'text/plain; charset=utf-8',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(now().getTime() + retainDays * DAY),
        // S3 takes a locked object only with a checksum.
        ChecksumAlgorithm: 'SHA256',
      })
      const { VersionId } = await client.send(put, { abortSignal }).catch((error: unknown) => {
        throw codeOf(error)
      })
      return `s3://${bucket}/${key}${VersionId ? `?versionId=${VersionId}` : ''}`
    },
  }
}

/** The SDK's errors carry requests and answers; their names are enough. */
function codeOf(error: unknown): unknown {
  if (error instanceof S3ServiceException) return new DeliveryError({ code: `s3_${error.name}` })
  const { name, code: cause = 'ETIMEDOUT' } = error as NodeJS.ErrnoException
  // The SDK calls a connection that was cut a timeout, too; the system's own code is better.
  const code = cause === 'ETIMEDOUT' ? OTHER[name] : undefined
  return code === undefined ? error : new DeliveryError({ code })
}

const OTHER: Record<string, string> = {
  TimeoutError: 'timeout',
  CredentialsProviderError: 'no_credentials',
}
