import type pg from 'pg'
import { filePlace } from './anchor/file.ts'
import type { Place } from './anchor/place.ts'
import { s3Place } from './anchor/s3.ts'
import { witnessPlace } from './anchor/witness.ts'
import type { Config } from './config.ts'
import { parseWitnessKey } from './core/audit/cosignature.ts'
import type { OutletName } from './core/audit/outlet.ts'
import { consistencyProof } from './core/audit/prove.ts'
import { hashReader } from './store/hash-reader.ts'
import { writeLines } from './stream/stdout.ts'
import { postEvents } from './stream/webhook.ts'

type PlaceName = 'file' | 's3' | 'witness'

const now = () => new Date()

export const retentionDays = (config: Config) => Number(config.AUDIT_RETENTION.slice(0, -1))

/** The outlets of the log that are configured: anchors, then streams. */
export const outletNames = (config: Config): OutletName[] => [
  ...placeNames(config).map((name): OutletName => `anchor:${name}`),
  ...streamsOf(config).map(({ name }) => name),
]

const placeNames = (config: Config): PlaceName[] => [
  ...(config.AUDIT_ANCHOR_FILE ? (['file'] as const) : []),
  ...(config.AUDIT_ANCHOR_S3 ? (['s3'] as const) : []),
  ...(config.AUDIT_WITNESS_URL ? (['witness'] as const) : []),
]

/** The places that anchor checkpoints. By the connections of `pool` the log is proven to a witness. */
export function placesOf(config: Config, pool: pg.Pool): [name: PlaceName, Place][] {
  const places: [name: PlaceName, Place][] = []
  if (config.AUDIT_ANCHOR_FILE) places.push(['file', filePlace(config.AUDIT_ANCHOR_FILE)])
  if (config.AUDIT_ANCHOR_S3) {
    const { hostname: bucket, pathname } = new URL(config.AUDIT_ANCHOR_S3)
    const prefix = pathname.replace(/^\/|\/$/g, '')
    const retainDays = config.AUDIT_ANCHOR_S3_RETAIN_DAYS ?? retentionDays(config)
    const pathStyle = config.AWS_ENDPOINT_URL_S3 !== undefined
    places.push(['s3', s3Place({ bucket, prefix, retainDays, pathStyle, now })])
  }
  if (config.AUDIT_WITNESS_URL && config.AUDIT_WITNESS_KEY) {
    const key = parseWitnessKey(config.AUDIT_WITNESS_KEY)
    const prove = (from: number, to: number) => consistencyProof(hashReader(pool), from, to)
    places.push(['witness', witnessPlace({ url: config.AUDIT_WITNESS_URL, key, prove, now })])
  }
  return places
}

type Stream = {
  name: OutletName
  send: (events: readonly object[], from: number, signal: AbortSignal) => Promise<void>
  limit: number
}

export function streamsOf(config: Config): Stream[] {
  const streams: Stream[] = []
  if (config.AUDIT_STREAM === 'stdout')
    streams.push({ name: 'stream:stdout', send: writeLines(process.stdout), limit: 500 })
  if (config.AUDIT_STREAM_URL) {
    const secrets = config.AUDIT_STREAM_SECRET?.split(' ') ?? []
    const send = postEvents({ url: config.AUDIT_STREAM_URL, secrets, now })
    streams.push({ name: 'stream:webhook', send, limit: 100 })
  }
  return streams
}
