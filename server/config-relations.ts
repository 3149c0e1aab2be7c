import { createPrivateKey } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { Name, Raw } from './config.ts'
import { parseWitnessKey } from './core/audit/cosignature.ts'
import { LONGEST, parseDuration, SHORTEST } from './core/catalog/duration.ts'
import { parseMailbox } from './core/catalog/mail-address.ts'

type Describe = (name: Name) => string

/** What one value alone cannot tell. `describe` says what a variable is to be. No value of a secret is repeated. */
export function checkRelations(value: Raw, describe: Describe): string[] {
  const problems: string[] = []
  for (const name of ['PUBLIC_URL', 'OIDC_ISSUER'] as const) {
    if (!URL.canParse(value[name])) {
      problems.push(`${name} must be ${describe(name)}`)
      continue
    }
    const url = new URL(value[name])
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      problems.push(`${name} must begin with https://: without it a sign-in can be read on the way`)
    else if (name === 'PUBLIC_URL' && url.origin !== value[name])
      problems.push(`PUBLIC_URL must be written as ${url.origin}`)
  }
  if (value.METRICS_PORT !== undefined && value.METRICS_PORT === value.PORT)
    problems.push('METRICS_PORT must be another than PORT: metrics are not for everybody')
  if (!URL.canParse(value.DATABASE_URL))
    problems.push(`DATABASE_URL must be ${describe('DATABASE_URL')}`)
  for (const proxy of list(value.TRUSTED_PROXIES))
    if (!isNetwork(proxy))
      problems.push(`TRUSTED_PROXIES must be ${describe('TRUSTED_PROXIES')}: not ${proxy}`)
  problems.push(...checkKeys(value, describe))
  problems.push(...checkNotifications(value, describe), ...checkOutlets(value, describe))
  for (const name of ['AUDIT_SIGNING_KEY', 'AUDIT_SIGNING_KEY_PREVIOUS'] as const)
    if (value[name] !== undefined && !isEd25519(value[name]))
      problems.push(`${name} must be ${describe(name)}`)
  return problems
}

/** No value is repeated here: the address of a webhook often is a secret by itself. */
function checkNotifications(value: Raw, describe: Describe): string[] {
  const problems: string[] = []
  for (const name of ['NOTIFY_WEBHOOK_URL', 'NOTIFY_SLACK_URL', 'SMTP_URL'] as const) {
    const text = value[name]
    if (text === undefined) continue
    const url = URL.canParse(text) ? new URL(text) : null
    if (!url?.hostname || !isDecodable(url.username + url.password))
      problems.push(`${name} must be ${describe(name)}`)
    else if (url.protocol === 'http:' && !isLoopback(url.hostname))
      problems.push(`${name} must begin with https://: without it messages can be read on the way`)
  }
  const needs = [
    ['NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET'],
    ['SMTP_URL', 'NOTIFY_FROM'],
  ] as const
  for (const [name, other] of needs)
    if (value[name] !== undefined && value[other] === undefined)
      problems.push(`${other} is missing, and ${name} needs it: it is ${describe(other)}`)
  if (value.NOTIFY_WEBHOOK_SECRET?.split(' ').every(isWebhookSecret) === false)
    problems.push(`NOTIFY_WEBHOOK_SECRET must be ${describe('NOTIFY_WEBHOOK_SECRET')}`)
  if (value.NOTIFY_FROM !== undefined && !parseMailbox(value.NOTIFY_FROM))
    problems.push(`NOTIFY_FROM must be ${describe('NOTIFY_FROM')}`)
  return problems
}

/** A text that is no duration never comes here. */
function checkKeys(value: Raw, describe: Describe): string[] {
  const seconds = (name: 'KEY_LIFETIME' | 'KEY_SIGN_IN_AGE') => parseDuration(value[name]) ?? 0
  const isOf = (name: 'KEY_LIFETIME' | 'KEY_SIGN_IN_AGE') =>
    seconds(name) >= SHORTEST && seconds(name) <= LONGEST
  const problems: string[] = []
  if (value.KEY_LIFETIME !== '0' && !isOf('KEY_LIFETIME'))
    problems.push(`KEY_LIFETIME must be ${describe('KEY_LIFETIME')}`)
  if (!isOf('KEY_SIGN_IN_AGE'))
    problems.push(`KEY_SIGN_IN_AGE must be ${describe('KEY_SIGN_IN_AGE')}`)
  return problems
}

/** Where the audit log goes: in the clear to this machine only, and signed. */
function checkOutlets(value: Raw, describe: Describe): string[] {
  const problems: string[] = []
  for (const name of ['AUDIT_WITNESS_URL', 'AUDIT_STREAM_URL', 'AWS_ENDPOINT_URL_S3'] as const) {
    const text = value[name]
    if (text === undefined) continue
    if (!URL.canParse(text)) problems.push(`${name} must be ${describe(name)}`)
    else if (new URL(text).protocol === 'http:' && !isLoopback(new URL(text).hostname))
      problems.push(`${name} must begin with https://: without it the log can be read on the way`)
  }
  const needs = [
    ['AUDIT_WITNESS_URL', 'AUDIT_WITNESS_KEY'],
    ['AUDIT_WITNESS_KEY', 'AUDIT_WITNESS_URL'],
    ['AUDIT_STREAM_URL', 'AUDIT_STREAM_SECRET'],
  ] as const
  for (const [name, other] of needs)
    if (value[name] !== undefined && value[other] === undefined)
      problems.push(`${other} is missing, and ${name} needs it: it is ${describe(other)}`)
  if (value.AUDIT_STREAM_SECRET?.split(' ').every(isWebhookSecret) === false)
    problems.push(`AUDIT_STREAM_SECRET must be ${describe('AUDIT_STREAM_SECRET')}`)
  if (value.AUDIT_WITNESS_KEY !== undefined && !isWitnessKey(value.AUDIT_WITNESS_KEY))
    problems.push(`AUDIT_WITNESS_KEY must be ${describe('AUDIT_WITNESS_KEY')}`)
  return problems
}

function isWitnessKey(text: string): boolean {
  try {
    return parseWitnessKey(text) !== undefined
  } catch {
    return false
  }
}

/** What stands between commas. */
export const list = (text: string) => text.split(',').flatMap((item) => item.trim() || [])
const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
    // A network of everybody would let anyone say where they come from.
    return /^\d+$/.test(prefix) && Number(prefix) > 0
  } catch {
    return false
  }
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

/** 24 to 64 bytes (standard-webhooks/standard-webhooks, spec, "Signature scheme"). */
function isWebhookSecret(secret: string): boolean {
  const text = secret.slice('whsec_'.length)
  const { length } = Buffer.from(text, 'base64')
  return Buffer.from(text, 'base64').toString('base64') === text && length >= 24 && length <= 64
}
