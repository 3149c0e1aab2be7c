import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { checkRelations, list } from './config-relations.ts'
import { StartError } from './core/error.ts'

const secret = { secret: true } as const
/** `0`, or days, hours and minutes as the catalog writes them; how much is asked of both together. */
const DURATION_OR_ZERO = '^(0|(?=[0-9])([0-9]{1,3}d)?([0-9]{1,4}h)?([0-9]{1,5}m)?)$'

/** The whole environment: type, default, check and the sentence that mends it, once. */
const Env = Type.Object({
  PUBLIC_URL: Type.String({
    pattern: '^https?://[^/?#@]+$',
    description: 'the address people open, without a path: https://latchkey.example.com',
  }),
  HOST: Type.String({ default: '0.0.0.0', minLength: 1, description: 'the address to listen on' }),
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65535, description: 'a port number' }),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65535,
      description: 'a port number of its own for /metrics; without it there are none',
    }),
  ),
  DATABASE_URL: Type.String({
    ...secret,
    pattern: '^postgres(ql)?://',
    description:
      'a PostgreSQL URL: postgresql://user:password@host:5432/latchkey?sslmode=verify-full',
  }),
  CATALOG_FILE: Type.String({ minLength: 1, description: 'the path of latchkey.yaml' }),
  OIDC_ISSUER: Type.String({
    pattern: '^https?://[^?#@]+$',
    description: 'the issuer of your OpenID provider, exactly as it writes it',
  }),
  OIDC_CLIENT_ID: Type.String({ minLength: 1, description: 'the client id at that provider' }),
  OIDC_CLIENT_SECRET: Type.String({
    ...secret,
    minLength: 1,
    description: 'the secret of that client',
  }),
  OIDC_SCOPES: Type.String({
    default: 'openid profile email groups',
    pattern: '^(?=.*\\bopenid\\b)[!#-[\\]-~]+( [!#-[\\]-~]+)*$',
    description: 'scopes with single blanks between them, openid among them',
  }),
  OIDC_GROUPS_CLAIM: Type.String({
    default: 'groups',
    minLength: 1,
    description: 'the claim that holds the groups',
  }),
  OIDC_CLIENT_AUTH: Type.Union([Type.Literal('basic'), Type.Literal('post')], {
    default: 'basic',
    description: 'basic or post: how the client proves itself at the token endpoint',
  }),
  OIDC_SIGNING_ALG: Type.Union(
    [Type.Literal('RS256'), Type.Literal('PS256'), Type.Literal('ES256'), Type.Literal('EdDSA')],
    {
      default: 'RS256',
      description: 'RS256, PS256, ES256 or EdDSA: the one algorithm of ID tokens',
    },
  ),
  AUDIT_SIGNING_KEY: Type.String({
    ...secret,
    minLength: 1,
    description: 'an Ed25519 private key in PEM: openssl genpkey -algorithm ed25519',
  }),
  AUDIT_SIGNING_KEY_PREVIOUS: Type.Optional(
    Type.String({
      ...secret,
      minLength: 1,
      description: 'the Ed25519 private key that signed before AUDIT_SIGNING_KEY, in PEM',
    }),
  ),
  AUDIT_ANCHOR_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the path of a file that gets each signed checkpoint, on another disk',
    }),
  ),
  AUDIT_ANCHOR_S3: Type.Optional(
    Type.String({
      pattern: '^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*\\x27()-]+)*/?$',
      description: 'a bucket with Object Lock, and a prefix: s3://bucket/prefix',
    }),
  ),
  AUDIT_ANCHOR_S3_RETAIN_DAYS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 36_500,
      description: 'for how many days objects there are locked, 1 to 36500',
    }),
  ),
  AWS_ENDPOINT_URL_S3: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@\\s]+/?$',
      description: 'the address of an S3 that is not of AWS: https://s3.example.com',
    }),
  ),
  AUDIT_WITNESS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      description: 'the submission prefix of a witness (c2sp.org/tlog-witness)',
    }),
  ),
  AUDIT_WITNESS_KEY: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the Ed25519 key of that witness, as it publishes it: NAME+8 HEX DIGITS+BASE64',
    }),
  ),
  AUDIT_STREAM: Type.Union([Type.Literal('stdout'), Type.Literal('off')], {
    default: 'stdout',
    description: 'stdout or off: whether each event is a line of OCSF on standard output',
  }),
  AUDIT_STREAM_URL: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^https?://[^/?#@\\s]+([/?][^#\\s]*)?$',
      description: 'the address that takes signed messages of all events',
    }),
  ),
  AUDIT_STREAM_SECRET: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^whsec_[A-Za-z0-9+/=]{32,88}( whsec_[A-Za-z0-9+/=]{32,88})*$',
      description:
        'what signs those messages: whsec_ and the output of openssl rand -base64 32; two with a blank between them while receivers change over',
    }),
  ),
  AUDIT_RETENTION: Type.String({
    default: '400d',
    pattern: '^(36[5-9]|3[7-9]\\d|[4-9]\\d\\d|[1-9]\\d{3}|[12]\\d{4}|3[0-5]\\d{3})d$',
    description: 'for how many days the log is kept, 365d or more',
  }),
  KEY_LIFETIME: Type.String({
    default: '12h',
    pattern: DURATION_OR_ZERO,
    description: 'how long a personal key may work: 12h, at most 30d; 0 for no keys',
  }),
  KEY_SIGN_IN_AGE: Type.String({
    default: '24h',
    pattern: DURATION_OR_ZERO,
    description:
      'for how long after the last sign-in of its owner a personal key works: 24h, 1m to 30d',
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'addresses or networks of your proxies, with commas: 10.0.0.0/8,192.168.1.4',
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) =>
      Type.Literal(level),
    ),
    { default: 'info', description: 'fatal, error, warn, info, debug, trace or silent' },
  ),
  CA_BUNDLE_FILE: Type.String({
    default: '',
    description: 'a PEM file of CA certificates to serve instead of the built-in ones',
  }),
  TRUSTSTORE_REFRESH: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'off',
    description:
      'on or off: whether the portal asks the truststores of AWS once a day for newer CA bundles',
  }),
  NOTIFY_WEBHOOK_URL: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^https?://[^/?#@\\s]+([/?][^#\\s]*)?$',
      description: 'the address that takes a signed message of every change of a request',
    }),
  ),
  NOTIFY_WEBHOOK_SECRET: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^whsec_[A-Za-z0-9+/=]{32,88}( whsec_[A-Za-z0-9+/=]{32,88})*$',
      description:
        'what signs those messages: whsec_ and the output of openssl rand -base64 32; two with a blank between them while receivers change over',
    }),
  ),
  NOTIFY_SLACK_URL: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      description: 'the address of an incoming webhook of Slack',
    }),
  ),
  SMTP_URL: Type.Optional(
    Type.String({
      ...secret,
      pattern: '^smtps?://[^/?#\\s]+$',
      description: 'a mail server: smtp://user:password@smtp.example.com:587, or smtps://…:465',
    }),
  ),
  NOTIFY_FROM: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 400,
      description: 'who mails come from: Latchkey <latchkey@example.com>',
    }),
  ),
})

export type Raw = Static<typeof Env>
export type Name = keyof Raw
const NAMES = Object.keys(Env.properties) as Name[]

export type Config = Readonly<
  Omit<
    Raw,
    'TRUSTED_PROXIES' | 'AUDIT_SIGNING_KEY' | 'AUDIT_SIGNING_KEY_PREVIOUS' | 'LOG_LEVEL'
  > & {
    TRUSTED_PROXIES: readonly string[]
    AUDIT_SIGNING_KEY: KeyObject
    AUDIT_SIGNING_KEY_PREVIOUS: KeyObject | undefined
    LOG_LEVEL: string
  }
>

/** Every problem of the environment, a line each. Values of secrets are never in it. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError'

  constructor(problems: readonly string[]) {
    super(`The configuration cannot work:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  }
}

/**
 * Reads the environment once, at start, and checks it whole.
 * A secret may also come from a file, `NAME_FILE`. No secret has a default. Throws ConfigError.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = []
  const raw: Record<string, unknown> = Object.fromEntries(
    NAMES.map((name) => [name, numberOf(name, readValue(env, name, problems))]),
  )
  const missing = new Set(NAMES.filter((name) => raw[name] === undefined))
  const value = Value.Default(Env, raw) as Raw

  const unreadable = new Set(problems.map((problem) => problem.split(/_FILE\b| /)[0]))
  for (const name of NAMES)
    if (
      !unreadable.has(name) &&
      !(missing.has(name) && Type.IsOptional(Env.properties[name])) &&
      !Value.Check(Env.properties[name], value[name])
    )
      problems.push(
        `${name} ${missing.has(name) ? 'is missing: it is' : 'must be'} ${describe(name)}`,
      )
  if (problems.length === 0) problems.push(...checkRelations(value, describe))
  if (problems.length > 0) throw new ConfigError(problems)

  return Object.freeze({
    ...value,
    TRUSTED_PROXIES: list(value.TRUSTED_PROXIES),
    AUDIT_SIGNING_KEY: createPrivateKey(value.AUDIT_SIGNING_KEY),
    AUDIT_SIGNING_KEY_PREVIOUS:
      value.AUDIT_SIGNING_KEY_PREVIOUS === undefined
        ? undefined
        : createPrivateKey(value.AUDIT_SIGNING_KEY_PREVIOUS),
    LOG_LEVEL: value.LOG_LEVEL as string,
  })
}

/** What is set but empty counts as not set: compose files write it so. */
function readValue(env: NodeJS.ProcessEnv, name: Name, problems: string[]): string | undefined {
  const plain = env[name] || undefined
  const path = isSecret(name) ? env[`${name}_FILE`] || undefined : undefined
  if (path === undefined) return plain
  if (plain !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: keep one`)
    return undefined
  }
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    problems.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code}): ${path}`)
    return undefined
  }
}

/** Digits alone are a number: a conversion that is generous would take `true` for port 1. */
const numberOf = (name: Name, text: string | undefined) =>
  text !== undefined && Type.IsInteger(Env.properties[name]) && /^\d+$/.test(text)
    ? Number(text)
    : text

const describe = (name: Name) =>
  String((Env.properties[name] as { description?: string }).description)
const isSecret = (name: Name) => 'secret' in Env.properties[name]
