import { randomBytes } from 'node:crypto'
import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { s3Place } from '../../server/anchor/s3.ts'
import { failureOf } from '../../server/outgoing/delivery-error.ts'
import { defineAccount } from '../lab/iam.ts'
import { type Bucket, makeBucket, type S3Fault, startS3 } from '../lab/s3.ts'
import { aLog } from './log.ts'

const DAY = 86_400_000
const log = aLog(9)
const never = new AbortController().signal
const KEYS = { accessKeyId: 'AKIALABLABLABLAB0001', secretAccessKey: 'secret-of-the-portal' }

const account = defineAccount({
  id: '111122223333',
  regions: ['eu-west-1'],
  sealingKey: randomBytes(32),
  users: [
    {
      name: 'portal',
      ...KEYS,
      policies: [
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['s3:*'],
              Resource: ['arn:aws:s3:::anchors*', 'arn:aws:s3:::plain*'],
            },
          ],
        },
      ],
    },
  ],
  roles: [],
})

let buckets: Bucket[]
let fault: S3Fault | undefined
let asked: string[]
let s3: Awaited<ReturnType<typeof startS3>>
const before = { ...process.env }
beforeEach(async () => {
  buckets = [makeBucket('anchors', true), makeBucket('plain', false), makeBucket('other', true)]
  fault = undefined
  asked = []
  s3 = await startS3({
    account,
    buckets,
    onCall: ({ method, path }) => {
      asked.push(`${method} ${path}`)
      return fault
    },
  })
  // As an operator sets them: the SDK finds its own way.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  })
})
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
  await s3.close()
})

const place = (bucket = 'anchors', prefix = 'latchkey/prod') =>
  s3Place({ bucket, prefix, retainDays: 400, pathStyle: true, now: () => new Date() })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'arrived',
    (error: unknown) => failureOf(error).code,
  )
const KEY = 'latchkey/prod/0000000000000008.txt'

test('a checkpoint is an object of its own, that nobody can delete for as long as was said', async () => {
  const ref = await place().put(log.checkpoint(8), 0, never)

  const [version, ...rest] = buckets[0]!.objects.get(KEY) ?? []
  expect(rest).toEqual([])
  expect(version?.body.toString()).toBe(log.checkpoint(8).note)
  expect(version?.lock?.mode).toBe('COMPLIANCE')
  const kept = (version?.lock?.until.getTime() ?? 0) - Date.now()
  expect(Math.round(kept / DAY)).toBe(400)
  expect(ref).toBe(`s3://anchors/${KEY}?versionId=${version?.id}`)

  const client = new S3Client({ forcePathStyle: true })
  const gone = client.send(
    new DeleteObjectCommand({ Bucket: 'anchors', Key: KEY, VersionId: version!.id }),
  )
  await expect(gone).rejects.toMatchObject({ name: 'AccessDenied' })
  const read = await client.send(new GetObjectCommand({ Bucket: 'anchors', Key: KEY }))
  expect(await read.Body?.transformToString()).toBe(log.checkpoint(8).note)
})

test('the same again keeps both versions', async () => {
  await place().put(log.checkpoint(8), 0, never)
  await place().put(log.checkpoint(8), 8, never)

  expect(buckets[0]!.objects.get(KEY)).toHaveLength(2)
})

test('without a prefix the key is the size', async () => {
  await place('anchors', '').put(log.checkpoint(8), 0, never)

  expect([...buckets[0]!.objects.keys()]).toEqual(['0000000000000008.txt'])
})

test('whether the bucket has Object Lock is asked once', async () => {
  const here = place()
  expect(await here.check!(never)).toBeNull()
  await here.put(log.checkpoint(8), 0, never)
  await here.put(log.checkpoint(9), 8, never)

  expect(asked.filter((call) => call.startsWith('GET'))).toHaveLength(1)
})

describe('a bucket without Object Lock', () => {
  test('is said plainly', async () => {
    expect(await place('plain').check!(never)).toMatch(/bucket plain has no Object Lock.*deleted/)
  })

  test('gets nothing, until it has', async () => {
    const here = place('plain')
    expect(await codeOf(here.put(log.checkpoint(8), 0, never))).toBe('no_object_lock')
    expect(buckets[1]!.objects.size).toBe(0)

    buckets[1]!.objectLock = true
    expect(await codeOf(here.put(log.checkpoint(8), 0, never))).toBe('arrived')
  })
})

test.each<[string, S3Fault, string]>([
  ['fails', 'error', 's3_InternalError'],
  ['sends elsewhere', 'redirect', 's3_PermanentRedirect'],
  ['hangs up', 'reset', 'ECONNRESET'],
  ['is slow', { delay: 300 }, 'arrived'],
])('where it %s this is what is said, after one attempt', async (_what, kind, code) => {
  fault = kind

  expect(await codeOf(place().put(log.checkpoint(8), 0, never))).toBe(code)
  expect(asked).toHaveLength(code === 'arrived' ? 2 : 1)
})

test('where it hangs it is given up in time', async () => {
  fault = 'hang'

  expect(await codeOf(place().put(log.checkpoint(8), 0, never))).toBe('timeout')
})

test.each([
  ['nobody made', 'anchors-elsewhere', 's3_NoSuchBucket'],
  ['of somebody else', 'other', 's3_AccessDenied'],
])('a bucket %s is told apart', async (_what, bucket, code) => {
  expect(await codeOf(place(bucket).put(log.checkpoint(8), 0, never))).toBe(code)
})

test('a wrong secret is found out by the signature', async () => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'another'

  expect(await codeOf(place().put(log.checkpoint(8), 0, never))).toBe('s3_SignatureDoesNotMatch')
})

describe('what it holds is given back', () => {
  const recall = async (from = 0, prefix = 'latchkey/prod') =>
    (await place('anchors', prefix).recall({ from, newest: undefined }, never)).notes
  const noteOf = (size: number) => log.checkpoint(size).note

  test('from a size on, and nothing of another prefix', async () => {
    for (const size of [3, 8, 9]) await place().put(log.checkpoint(size), 0, never)
    await place('anchors', 'latchkey/prod-2').put(log.checkpoint(5), 0, never)

    expect((await recall()).sort()).toEqual([3, 8, 9].map(noteOf).sort())
    expect((await recall(8)).sort()).toEqual([8, 9].map(noteOf).sort())
    expect(await recall(10)).toEqual([])
    expect(await recall(0, 'nothing/here')).toEqual([])
  })

  test('in every version: what somebody put over it does not hide it', async () => {
    await place().put(log.checkpoint(8), 0, never)
    const forged = aLog(9).checkpoint(8)
    await place().put(forged, 0, never)

    expect((await recall()).sort()).toEqual([noteOf(8), forged.note].sort())
  })

  test('of many, some from everywhere and the newest', async () => {
    const here = place()
    for (let size = 1; size <= 130; size++)
      await here.put({ ...log.checkpoint(9), size, note: `${size}` }, 0, never)
    expect((await recall()).map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 130 }, (_, n) => n + 1),
    )
    const objects = buckets[0]!.objects
    const one = objects.get(KEY)!
    for (let size = 131; size <= 1_000; size++)
      objects.set(`latchkey/prod/${String(size).padStart(16, '0')}.txt`, [
        { ...one[0]!, body: Buffer.from(`${size}`) },
      ])
    const sizes = (await recall()).map(Number)
    expect(sizes).toHaveLength(300)
    expect(Math.max(...sizes)).toBe(1_000)
    for (let begin = 0; begin < 1_000; begin += 10)
      expect(sizes.some((size) => size > begin && size <= begin + 10)).toBe(true)
  })

  test.each<[S3Fault, string]>([
    ['error', 's3_InternalError'],
    ['reset', 'ECONNRESET'],
  ])('or why not, as a code: %s', async (what, code) => {
    fault = what
    expect(await codeOf(recall())).toBe(code)
  })
})
