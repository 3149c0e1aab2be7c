import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { authenticate, AwsError, toXml } from './aws-query.ts'
import { type Account, isAllowed } from './iam.ts'
import { listenOnLoopback } from './loopback.ts'
import { sha256 } from './sigv4.ts'

export type ObjectVersion = {
  id: string
  body: Buffer
  /** Null where nothing keeps it from being deleted. */
  lock: { mode: string; until: Date } | null
}

export type Bucket = {
  name: string
  objectLock: boolean
  /** The versions of each key, oldest first. */
  objects: Map<string, ObjectVersion[]>
}

/** What goes wrong on request. */
export type S3Fault = 'hang' | 'error' | 'redirect' | 'reset' | { delay: number }

export type S3Options = {
  account: Account
  buckets: readonly Bucket[]
  now?: () => number
  onCall?: (call: { method: string; path: string }) => S3Fault | undefined
}

export const makeBucket = (name: string, objectLock: boolean): Bucket => ({
  name,
  objectLock,
  objects: new Map(),
})

/** S3 on loopback, by path: puts, gets, deletes and versions of objects with Object Lock, every request checked as AWS documents it. */
export async function startS3(options: S3Options) {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server, 0, 'the S3 of the lab')
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** S3's own limit is 1000; smaller, so that tests come to a second page. */
const PAGE = 50

type Call = { request: IncomingMessage; body: Buffer; url: URL; key: string; bucket: Bucket }
type Reply = { status?: number; headers?: Record<string, string>; body?: string | Buffer }

async function answer(request: IncomingMessage, response: ServerResponse, options: S3Options) {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const url = new URL(request.url ?? '/', 'http://s3')
  const method = request.method ?? ''
  const fault = options.onCall?.({ method, path: url.pathname })
  if (fault === 'hang') return
  if (fault === 'reset') return void request.socket.resetAndDestroy()
  if (typeof fault === 'object') await sleep(fault.delay)
  try {
    if (fault === 'error') throw new AwsError(500, 'InternalError', 'We encountered an error.')
    if (fault === 'redirect') {
      response.setHeader('location', 'http://169.254.169.254/')
      throw new AwsError(301, 'PermanentRedirect', 'The bucket must be addressed elsewhere.')
    }
    const { status = 200, headers = {}, body: out = '' } = perform(request, body, url, options)
    response.writeHead(status, headers).end(out)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { status, code, message } = error
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?>${toXml({ Error: { Code: code, Message: message } })}`)
  }
}

function perform(request: IncomingMessage, body: Buffer, url: URL, options: S3Options): Reply {
  const now = (options.now ?? Date.now)()
  const scope = { service: 's3', regions: options.account.regions }
  const caller = authenticate(request, body, options.account, scope, now)
  if (request.headers['x-amz-content-sha256'] !== sha256(body))
    throw new AwsError(400, 'XAmzContentSHA256Mismatch', 'The hash does not match the body.')
  const [name = '', ...rest] = decodeURIComponent(url.pathname.slice(1)).split('/')
  const key = rest.join('/')
  const bucket = options.buckets.find((each) => each.name === name)
  const action = actionOf(request.method ?? '', url)
  const resource = `arn:aws:s3:::${name}${key && `/${key}`}`
  if (!isAllowed(caller, action, resource))
    throw new AwsError(403, 'AccessDenied', `Not authorized to perform ${action} on ${resource}.`)
  if (!bucket) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist')
  return ACTIONS[action]!({ request, body, url, key, bucket }, now)
}

function actionOf(method: string, url: URL): string {
  if (method === 'GET' && url.searchParams.has('object-lock'))
    return 's3:GetBucketObjectLockConfiguration'
  if (method === 'GET' && url.searchParams.has('versions')) return 's3:ListBucketVersions'
  if (method === 'GET' && url.searchParams.has('versionId')) return 's3:GetObjectVersion'
  const known = { PUT: 's3:PutObject', GET: 's3:GetObject', DELETE: 's3:DeleteObjectVersion' }
  const action = known[method as keyof typeof known]
  if (!action) throw new AwsError(405, 'MethodNotAllowed', 'The lab does not know that.')
  return action
}

const ACTIONS: Record<string, (call: Call, now: number) => Reply> = {
  's3:GetBucketObjectLockConfiguration': ({ bucket }) => {
    if (!bucket.objectLock)
      throw new AwsError(
        404,
        'ObjectLockConfigurationNotFoundError',
        'Object Lock configuration does not exist for this bucket',
      )
    return { body: toXml({ ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }) }
  },

  's3:PutObject': ({ request, body, key, bucket }, now) => {
    const header = (name: string) => request.headers[name] as string | undefined
    const checksum = header('x-amz-checksum-sha256')
    if (checksum !== undefined && checksum !== createHash('sha256').update(body).digest('base64'))
      throw new AwsError(400, 'BadDigest', 'The checksum did not match what was received.')
    const mode = header('x-amz-object-lock-mode')
    const until = new Date(header('x-amz-object-lock-retain-until-date') ?? NaN)
    if (mode !== undefined) {
      if (!bucket.objectLock)
        throw new AwsError(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')
      if (checksum === undefined && header('content-md5') === undefined)
        throw new AwsError(400, 'InvalidRequest', 'Content-MD5 or x-amz-checksum- is required')
      if (!['COMPLIANCE', 'GOVERNANCE'].includes(mode) || !(until.getTime() > now))
        throw new AwsError(400, 'InvalidArgument', 'The retain until date must be in the future!')
    }
    const id = randomBytes(16).toString('base64url')
    const lock = mode === undefined ? null : { mode, until }
    bucket.objects.set(key, [...(bucket.objects.get(key) ?? []), { id, body, lock }])
    return { headers: bucket.objectLock ? { 'x-amz-version-id': id } : {} }
  },

  's3:GetObject': ({ url, key, bucket }) => ({ body: versionOf(bucket, key, url).body }),
  's3:GetObjectVersion': ({ url, key, bucket }) => ({ body: versionOf(bucket, key, url).body }),

  // Keys in order, of each the newest version first, as many as a page holds.
  's3:ListBucketVersions': ({ url, bucket }) => {
    const asked = (name: string) => url.searchParams.get(name) ?? ''
    const isBehind = (key: string, id: string, versions: readonly ObjectVersion[]) => {
      if (key !== asked('key-marker')) return key > asked('key-marker')
      const at = versions.findIndex((version) => version.id === asked('version-id-marker'))
      return at > versions.findIndex((version) => version.id === id)
    }
    const found = [...bucket.objects]
      .filter(([key]) => key.startsWith(asked('prefix')))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, versions]) =>
        versions
          .toReversed()
          .filter(({ id }) => isBehind(key, id, versions))
          .map(({ id, body }) => ({ key, id, size: body.length })),
      )
    const page = found.slice(0, Math.min(Number(asked('max-keys') || 1000), PAGE))
    const last = page.at(-1)
    const isTruncated = page.length < found.length
    const items = page.map(({ key, id, size }) =>
      toXml({ Version: { Key: key, VersionId: id, Size: size } }),
    )
    const head = toXml({
      IsTruncated: String(isTruncated),
      NextKeyMarker: isTruncated ? last!.key : null,
      NextVersionIdMarker: isTruncated ? last!.id : null,
    })
    return { body: `<ListVersionsResult>${head}${items.join('')}</ListVersionsResult>` }
  },

  's3:DeleteObjectVersion': ({ url, key, bucket }, now) => {
    const version = versionOf(bucket, key, url)
    // In compliance mode no permission helps.
    if (version.lock?.mode === 'COMPLIANCE' && version.lock.until.getTime() > now)
      throw new AwsError(403, 'AccessDenied', 'Access Denied because object protected by lock.')
    bucket.objects.set(
      key,
      (bucket.objects.get(key) ?? []).filter((each) => each !== version),
    )
    return { status: 204 }
  },
}

function versionOf(bucket: Bucket, key: string, url: URL): ObjectVersion {
  const versions = bucket.objects.get(key) ?? []
  const id = url.searchParams.get('versionId')
  const found = id === null ? versions.at(-1) : versions.find((version) => version.id === id)
  if (!found) throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.')
  return found
}
