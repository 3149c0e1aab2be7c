import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'

type Kept = { client: S3Client; bucket: string; prefix: string }
type Version = { key: string; id: string }

/** Checkpoints that are fetched at most; of more, so many from everywhere and the newest. */
const MOST = 300
const AT_ONCE = 8
/** No checkpoint is longer, whoever put it there. Bytes. */
const LONGEST = 65_536

/** Of a checkpoint of so many events, below the prefix. */
export const keyOf = (prefix: string, size: number) =>
  [prefix, `${String(size).padStart(16, '0')}.txt`].filter(Boolean).join('/')

/**
 * The notes of `from` events and more, in every version: one that was put over another later does not hide it.
 * Throws as the SDK does.
 */
export async function keptInS3(
  { client, bucket, prefix }: Kept,
  from: number,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const found: Version[] = []
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | null =
    from > 0 ? { KeyMarker: keyOf(prefix, from - 1) } : {}
  while (marker) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix && `${prefix}/`, ...marker }),
      { abortSignal },
    )
    for (const { Key = '', VersionId = '', Size = 0 } of page.Versions ?? [])
      if (/(^|\/)\d{16}\.txt$/.test(Key) && Size <= LONGEST) found.push({ key: Key, id: VersionId })
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker !== undefined && { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker !== undefined && {
            VersionIdMarker: page.NextVersionIdMarker,
          }),
        }
      : null
  }
  const notes: string[] = []
  const queue = evenly(found, MOST)
  const fetchNext = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const version = next.id && next.id !== 'null' ? { VersionId: next.id } : {}
      const get = new GetObjectCommand({ Bucket: bucket, Key: next.key, ...version })
      const { Body } = await client.send(get, { abortSignal })
      notes.push((await Body?.transformToString()) ?? '')
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchNext))
  return notes
}

/** The last is always among them. */
export const evenly = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most
    ? [...all]
    : Array.from({ length: most }, (_, n) => all[Math.floor(((n + 1) * all.length) / most) - 1]!)
