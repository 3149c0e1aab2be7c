import type { EndpointKind, Engine } from '../core/catalog/catalog.ts'
import { ENGINES } from '../core/catalog/catalog.ts'
import { parseRdsHost } from '../core/catalog/endpoint.ts'
import { parseHostPort } from '../core/catalog/host-port.ts'
import { NAME } from '../core/catalog/name.ts'
import { invisibleIn, visible } from '../core/catalog/visible.ts'
import type { Found } from '../core/inventory/found.ts'

/* What RDS says is shown to people and signed for: each word is taken only in the shape that it must have. */

/** Whose answer it is. */
export type Here = { account: string; region: string; partition: string }

type FoundEndpoint = Found['endpoints'][number]

const LONGEST = 256
const MOST_TAGS = 60
const MOST_NAMES = 100

/** Fit for a page; null where there is nothing. */
export const words = (text: unknown): string | null =>
  typeof text === 'string' && text !== '' ? visible(text, LONGEST) : null

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9-]{0,62}$/u
export const identifierOf = (text: unknown): string | null =>
  typeof text === 'string' && IDENTIFIER.test(text) ? text : null

/** Names in a list, such as security groups; what is none is left out. */
export const namesOf = (texts: readonly unknown[] | undefined): string[] =>
  (texts ?? []).flatMap((text) => identifierOf(text) ?? []).slice(0, MOST_NAMES)

export const engineOf = (text: unknown): Engine | null =>
  text === 'aurora' ? 'aurora-mysql' : (ENGINES.find((engine) => engine === text) ?? null)

/** An ARN of RDS in this account and region; null for any other. */
export function arnHere(text: unknown, { account, region, partition }: Here): string | null {
  const head = `arn:${partition}:rds:${region}:${account}:`
  return typeof text === 'string' && text.startsWith(head) && /^[!-~]{1,400}$/u.test(text)
    ? text
    : null
}

/** A host that RDS has in this region, with a port that it gives to databases; null for anything else. */
export function endpointAt(
  name: unknown,
  host: unknown,
  port: unknown,
  kinds: readonly EndpointKind[],
  { region }: Here,
): FoundEndpoint | null {
  if (typeof host !== 'string' || typeof port !== 'number' || port < 1150) return null
  const address = parseHostPort(`${host}:${port}`)
  const rds = address && parseRdsHost(address.host)
  if (!rds || !kinds.includes(rds.kind) || (rds.region !== null && rds.region !== region))
    return null
  const called = typeof name === 'string' ? name.toLowerCase() : ''
  return NAME.test(called) ? { name: called, kind: rds.kind, ...address } : null
}

/** A tag that is cut or cleaned would match what it is not, so it is taken whole or not at all. */
export const tagsOf = (
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> =>
  Object.fromEntries(
    (list ?? [])
      .slice(0, MOST_TAGS)
      .map(({ Key = '', Value = '' }) => [Key, Value] as const)
      .filter(([key, value]) => key !== '' && isTagText(key, 128) && isTagText(value, LONGEST)),
  )

const isTagText = (text: string, longest: number) =>
  text.length <= longest && invisibleIn(text) === undefined

/** A time as ISO 8601; null where it is none. */
export const timeOf = (at: Date | undefined): string | null =>
  at instanceof Date && !Number.isNaN(at.getTime()) ? at.toISOString() : null

/** Whether it is on, and what a pending change makes of it where that is something else. */
export function iamOf(on: boolean | undefined, pending: boolean | undefined): Found['iam'] {
  const now = on === true
  return { on: now, pending: pending === undefined || pending === now ? null : pending }
}
