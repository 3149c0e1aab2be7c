import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../server/config.ts'

const pem = (type: 'ed25519' | 'x25519') =>
  generateKeyPairSync(type as 'ed25519').privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string

const folder = mkdtempSync(join(tmpdir(), 'config-'))
const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const GOOD = {
  PUBLIC_URL: 'https://latchkey.example.com',
  DATABASE_URL: 'postgresql://u:hunter2@db.example.com/latchkey',
  CATALOG_FILE: 'latchkey.yaml',
  OIDC_ISSUER: 'https://id.example.com',
  OIDC_CLIENT_ID: 'latchkey',
  OIDC_CLIENT_SECRET: 'hunter3',
  AUDIT_SIGNING_KEY: pem('ed25519'),
}

test('a whole environment becomes a configuration, with its defaults', () => {
  expect(loadConfig(GOOD)).toMatchObject({
    PORT: 8080,
    OIDC_SCOPES: 'openid profile email groups',
    OIDC_GROUPS_CLAIM: 'groups',
    OIDC_CLIENT_AUTH: 'basic',
    TRUSTED_PROXIES: [],
    LOG_LEVEL: 'info',
  })
})

test.each([
  [
    'http on loopback',
    { PUBLIC_URL: 'http://localhost:8080', OIDC_ISSUER: 'http://127.0.0.1:9000' },
  ],
  ['a port as text', { PORT: '80' }],
  ['a port for metrics', { METRICS_PORT: '9464' }],
  ['an issuer with a path and a slash', { OIDC_ISSUER: 'https://id.example.com/tenant/' }],
  ['networks of proxies', { TRUSTED_PROXIES: '10.0.0.0/8, 192.168.1.4,fd00::/8' }],
  ['empty optional values', { OIDC_SCOPES: '', PORT: '', LOG_LEVEL: '' }],
])('%s is accepted', (_what, over) => {
  expect(() => loadConfig({ ...GOOD, ...over })).not.toThrow()
})

test('a secret may come from a file; its line end is not part of it', () => {
  const { OIDC_CLIENT_SECRET: _, ...rest } = GOOD
  const path = file('secret', 'from-file\n')

  expect(loadConfig({ ...rest, OIDC_CLIENT_SECRET_FILE: path }).OIDC_CLIENT_SECRET).toBe(
    'from-file',
  )
})

test('the key that signed before is optional, and may be a file', () => {
  expect(loadConfig(GOOD).AUDIT_SIGNING_KEY_PREVIOUS).toBeUndefined()
  const former = pem('ed25519')
  const path = file('former', `${former}\n`)

  const config = loadConfig({ ...GOOD, AUDIT_SIGNING_KEY_PREVIOUS_FILE: path })

  expect(config.AUDIT_SIGNING_KEY_PREVIOUS?.equals(createPrivateKey(former))).toBe(true)
})

test('personal keys work for 12 hours and a day after signing in, unless it is said', () => {
  expect(loadConfig(GOOD)).toMatchObject({ KEY_LIFETIME: '12h', KEY_SIGN_IN_AGE: '24h' })
  for (const KEY_LIFETIME of ['0', '30m', '1d12h', '30d'])
    expect(loadConfig({ ...GOOD, KEY_LIFETIME })).toMatchObject({ KEY_LIFETIME })
})

test.each([
  ['KEY_LIFETIME', '31d'],
  ['KEY_LIFETIME', '0m'],
  ['KEY_LIFETIME', '12 hours'],
  ['KEY_LIFETIME', '-1h'],
  ['KEY_SIGN_IN_AGE', '0'],
  ['KEY_SIGN_IN_AGE', '40d'],
])('%s may not be %s', (name, value) => {
  expect(() => loadConfig({ ...GOOD, [name]: value })).toThrow(`${name} must be`)
})

const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const NOTIFY = {
  NOTIFY_WEBHOOK_URL: 'https://hooks.example.com/latchkey?key=hunter5',
  NOTIFY_WEBHOOK_SECRET: WHSEC,
  NOTIFY_SLACK_URL: 'https://hooks.slack.com/services/T0/B0/hunter6',
  SMTP_URL: 'smtp://mailer:hunter7%40@smtp.example.com:587',
  NOTIFY_FROM: 'Latchkey <latchkey@example.com>',
}

test('nobody is told where nothing is said about telling', () => {
  const config = loadConfig({ ...GOOD, NOTIFY_WEBHOOK_URL: '', SMTP_URL: '' })
  for (const name of Object.keys(NOTIFY) as (keyof typeof NOTIFY)[])
    expect(config[name]).toBeUndefined()
})

test('every way to tell people is taken as it is written, and each from a file where it is a secret', () => {
  expect(loadConfig({ ...GOOD, ...NOTIFY })).toMatchObject(NOTIFY)
  const { NOTIFY_FROM, ...secrets } = NOTIFY
  const files = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [`${name}_FILE`, file(name, `${value}\n`)]),
  )
  expect(loadConfig({ ...GOOD, ...files, NOTIFY_FROM })).toMatchObject(NOTIFY)
})

test.each([
  ['a webhook on loopback', { NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:9000/hook' }],
  ['two secrets, while receivers change over', { NOTIFY_WEBHOOK_SECRET: `${WHSEC} ${WHSEC}` }],
  ['a mail server without a password', { SMTP_URL: 'smtp://relay.internal' }],
  ['a mail server with TLS from the start', { SMTP_URL: 'smtps://u:p@smtp.example.com' }],
  ['a bare sender', { NOTIFY_FROM: 'latchkey@example.com' }],
])('%s is accepted', (_what, over) => {
  expect(() => loadConfig({ ...GOOD, ...NOTIFY, ...over })).not.toThrow()
})

const OUTLETS = {
  AUDIT_ANCHOR_FILE: '/var/anchors/latchkey.jsonl',
  AUDIT_ANCHOR_S3: 's3://my-anchors/latchkey/prod',
  AUDIT_WITNESS_URL: 'https://witness.example.com/add',
  AUDIT_WITNESS_KEY: 'witness.example.com/w1+43faae91+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  AUDIT_STREAM_URL: 'https://siem.example.com/in?key=hunter8',
  AUDIT_STREAM_SECRET: WHSEC,
  AUDIT_RETENTION: '730d',
}

test('the log is on standard output, kept for 400 days, and goes nowhere else unless that is said', () => {
  const config = loadConfig({ ...GOOD, AUDIT_ANCHOR_FILE: '', AUDIT_STREAM_URL: '' })
  expect(config).toMatchObject({ AUDIT_STREAM: 'stdout', AUDIT_RETENTION: '400d' })
  expect(config.AUDIT_ANCHOR_FILE ?? config.AUDIT_ANCHOR_S3 ?? config.AUDIT_STREAM_URL).toBe(
    undefined,
  )
})

test('every place for the log is taken as it is written', () => {
  expect(loadConfig({ ...GOOD, ...OUTLETS, AUDIT_STREAM: 'off' })).toMatchObject(OUTLETS)
})

test.each<[string, Record<string, string>, RegExp]>([
  ['a year less a day', { AUDIT_RETENTION: '364d' }, /AUDIT_RETENTION must be/],
  ['a retention in months', { AUDIT_RETENTION: '13m' }, /AUDIT_RETENTION must be/],
  ['a bucket that is no bucket', { AUDIT_ANCHOR_S3: 'my-anchors' }, /AUDIT_ANCHOR_S3 must be/],
  ['no days to retain', { AUDIT_ANCHOR_S3_RETAIN_DAYS: '0' }, /RETAIN_DAYS must be/],
  ['a witness without its key', { AUDIT_WITNESS_KEY: '' }, /AUDIT_WITNESS_KEY is missing/],
  ['a witness’s key that is damaged', { AUDIT_WITNESS_KEY: 'w+00000000+BAAA' }, /WITNESS_KEY must/],
  ['a witness in the clear', { AUDIT_WITNESS_URL: 'http://w.example.com' }, /https/],
  ['a stream without a secret', { AUDIT_STREAM_SECRET: '' }, /AUDIT_STREAM_SECRET is missing/],
  [
    'a stream that does not exist',
    { AUDIT_STREAM: 'syslog' },
    /AUDIT_STREAM must be stdout or off/,
  ],
])('of places for the log, %s is refused', (_what, over, problem) => {
  expect(() => loadConfig({ ...GOOD, ...OUTLETS, ...over })).toThrow(problem)
})

describe('a bad environment is refused with the name and the mend', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'no public address',
      { PUBLIC_URL: '' },
      /PUBLIC_URL is missing: it is the address people open/,
    ],
    [
      'a public address with a path',
      { PUBLIC_URL: 'https://a.example.com/portal' },
      /PUBLIC_URL must be/,
    ],
    [
      'a public address with a slash',
      { PUBLIC_URL: 'https://a.example.com/' },
      /PUBLIC_URL must be/,
    ],
    [
      'a public address with a password',
      { PUBLIC_URL: 'https://u:p@a.example.com' },
      /PUBLIC_URL must be/,
    ],
    ['a public address without a scheme', { PUBLIC_URL: 'a.example.com' }, /PUBLIC_URL must be/],
    [
      'a public address with its default port',
      { PUBLIC_URL: 'https://a.example.com:443' },
      /PUBLIC_URL must be written as https:\/\/a\.example\.com$/m,
    ],
    [
      'plain http in public',
      { PUBLIC_URL: 'http://a.example.com' },
      /PUBLIC_URL must begin with https/,
    ],
    [
      'plain http to the provider',
      { OIDC_ISSUER: 'http://id.example.com' },
      /OIDC_ISSUER must begin with https/,
    ],
    [
      'a provider that only looks like loopback',
      { OIDC_ISSUER: 'http://localhost.evil.example' },
      /OIDC_ISSUER must begin with https/,
    ],
    [
      'an issuer with a query',
      { OIDC_ISSUER: 'https://id.example.com?x=1' },
      /OIDC_ISSUER must be the issuer/,
    ],
    ['a port too large', { PORT: '65536' }, /PORT must be a port number/],
    ...['0', '-1', '65536', '9464.5', 'http', 'true', '9464,9465'].map(
      (bad): [string, Record<string, string>, RegExp] => [
        `the metrics port ${bad}`,
        { METRICS_PORT: bad },
        /METRICS_PORT must be a port number of its own/,
      ],
    ),
    [
      'metrics on the port that people open',
      { PORT: '9464', METRICS_PORT: '9464' },
      /METRICS_PORT must be another than PORT/,
    ],
    ['a port in parts', { PORT: '80.5' }, /PORT must be a port number/],
    ['a port that is none', { PORT: 'http' }, /PORT must be a port number/],
    [
      'another database',
      { DATABASE_URL: 'mysql://u@h/d' },
      /DATABASE_URL must be a PostgreSQL URL/,
    ],
    [
      'a database address that is broken',
      { DATABASE_URL: 'postgresql://u:p@h:port/d' },
      /DATABASE_URL must be a PostgreSQL URL/,
    ],
    ['no client secret', { OIDC_CLIENT_SECRET: '' }, /OIDC_CLIENT_SECRET is missing/],
    [
      'a secret twice',
      { OIDC_CLIENT_SECRET_FILE: file('twice', 'x') },
      /OIDC_CLIENT_SECRET and OIDC_CLIENT_SECRET_FILE are both set/,
    ],
    [
      'a secret file that is not there',
      { DATABASE_URL: '', DATABASE_URL_FILE: join(folder, 'absent') },
      /DATABASE_URL_FILE cannot be read \(ENOENT\)/,
    ],
    [
      'a secret file that is a folder',
      { DATABASE_URL: '', DATABASE_URL_FILE: folder },
      /DATABASE_URL_FILE cannot be read \(EISDIR\)/,
    ],
    [
      'a secret file that is empty',
      { OIDC_CLIENT_SECRET: '', OIDC_CLIENT_SECRET_FILE: file('empty', '\n') },
      /OIDC_CLIENT_SECRET must be/,
    ],
    ['scopes without openid', { OIDC_SCOPES: 'profile email' }, /OIDC_SCOPES must be scopes/],
    [
      'scopes with commas and two blanks',
      { OIDC_SCOPES: 'openid  profile' },
      /OIDC_SCOPES must be scopes/,
    ],
    [
      'an unknown way to prove the client',
      { OIDC_CLIENT_AUTH: 'none' },
      /OIDC_CLIENT_AUTH must be basic or post/,
    ],
    [
      'an algorithm that anyone could sign with',
      { OIDC_SIGNING_ALG: 'none' },
      /OIDC_SIGNING_ALG must be RS256/,
    ],
    ['a shared-secret algorithm', { OIDC_SIGNING_ALG: 'HS256' }, /OIDC_SIGNING_ALG must be RS256/],
    [
      'a signing key that is text',
      { AUDIT_SIGNING_KEY: 'hunter4' },
      /AUDIT_SIGNING_KEY must be an Ed25519/,
    ],
    [
      'a signing key of another kind',
      { AUDIT_SIGNING_KEY: rsa },
      /AUDIT_SIGNING_KEY must be an Ed25519/,
    ],
    [
      'a key that cannot sign',
      { AUDIT_SIGNING_KEY: pem('x25519') },
      /AUDIT_SIGNING_KEY must be an Ed25519/,
    ],
    [
      'a former signing key of another kind',
      { AUDIT_SIGNING_KEY_PREVIOUS: rsa },
      /AUDIT_SIGNING_KEY_PREVIOUS must be the Ed25519 private key that signed before/,
    ],
    [
      'a proxy by name',
      { TRUSTED_PROXIES: 'proxy.internal' },
      /TRUSTED_PROXIES must be .* not proxy\.internal/,
    ],
    ['everybody as a proxy', { TRUSTED_PROXIES: '0.0.0.0/0' }, /TRUSTED_PROXIES/],
    ['a number of proxies', { TRUSTED_PROXIES: '1' }, /TRUSTED_PROXIES/],
    ['true as a proxy', { TRUSTED_PROXIES: 'true' }, /TRUSTED_PROXIES/],
    [
      'a webhook over plain http',
      { ...NOTIFY, NOTIFY_WEBHOOK_URL: 'http://hooks.example.com/' },
      /NOTIFY_WEBHOOK_URL must begin with https/,
    ],
    [
      'Slack over plain http',
      { ...NOTIFY, NOTIFY_SLACK_URL: 'http://hooks.slack.com/services/x' },
      /NOTIFY_SLACK_URL must begin with https/,
    ],
    [
      'a webhook with a password',
      { ...NOTIFY, NOTIFY_WEBHOOK_URL: 'https://u:p@hooks.example.com/' },
      /NOTIFY_WEBHOOK_URL must be the address/,
    ],
    [
      'a webhook that is a file',
      { ...NOTIFY, NOTIFY_WEBHOOK_URL: 'file:///etc/passwd' },
      /NOTIFY_WEBHOOK_URL must be the address/,
    ],
    [
      'a webhook without a port after its colon',
      { ...NOTIFY, NOTIFY_WEBHOOK_URL: 'https://hooks.example.com:x/' },
      /NOTIFY_WEBHOOK_URL must be the address/,
    ],
    [
      'a webhook that nothing signs',
      { NOTIFY_WEBHOOK_URL: NOTIFY.NOTIFY_WEBHOOK_URL },
      /NOTIFY_WEBHOOK_SECRET is missing, and NOTIFY_WEBHOOK_URL needs it/,
    ],
    ...[
      'hunter8',
      'whsec_',
      `whsec_${Buffer.alloc(16, 7).toString('base64')}`,
      `whsec_${Buffer.alloc(65, 7).toString('base64')}`,
      WHSEC.slice(0, -1),
      `${WHSEC},${WHSEC}`,
    ].map((bad): [string, Record<string, string>, RegExp] => [
      `the signing secret ${bad}`,
      { ...NOTIFY, NOTIFY_WEBHOOK_SECRET: bad },
      /NOTIFY_WEBHOOK_SECRET must be what signs/,
    ]),
    [
      'a signing secret from an empty file',
      { NOTIFY_WEBHOOK_SECRET_FILE: file('blank', '\n') },
      /NOTIFY_WEBHOOK_SECRET must be what signs/,
    ],
    [
      'mail without a sender',
      { SMTP_URL: NOTIFY.SMTP_URL },
      /NOTIFY_FROM is missing, and SMTP_URL needs it/,
    ],
    ...['smtp.example.com:25', 'smtp://', 'http://smtp.example.com', 'smtp://h/?logger=true'].map(
      (bad): [string, Record<string, string>, RegExp] => [
        `the mail server ${bad}`,
        { ...NOTIFY, SMTP_URL: bad },
        /SMTP_URL must be a mail server/,
      ],
    ),
    [
      'a mail password that is not encoded',
      { ...NOTIFY, SMTP_URL: 'smtp://u:50%hunter@smtp.example.com' },
      /SMTP_URL must be a mail server/,
    ],
    ...['Latchkey', 'a@example.com, b@example.com', 'A <a@b.com>\r\nBcc: c@d.com'].map(
      (bad): [string, Record<string, string>, RegExp] => [
        `the sender ${bad}`,
        { ...NOTIFY, NOTIFY_FROM: bad },
        /NOTIFY_FROM must be who mails come from/,
      ],
    ),
    ['a log level that is none', { LOG_LEVEL: 'verbose' }, /LOG_LEVEL must be fatal, error/],
  ])('%s', (_what, over, problem) => {
    expect(() => loadConfig({ ...GOOD, ...over })).toThrow(problem)
  })

  test('all problems at once', () => {
    expect(() => loadConfig({ PORT: 'x', LOG_LEVEL: 'loud' })).toThrow(
      /PUBLIC_URL[^]*PORT[^]*DATABASE_URL[^]*CATALOG_FILE[^]*OIDC_ISSUER[^]*OIDC_CLIENT_SECRET[^]*AUDIT_SIGNING_KEY[^]*LOG_LEVEL/,
    )
  })

  test('and no secret in the message', () => {
    const bad = {
      ...GOOD,
      PUBLIC_URL: 'x',
      AUDIT_SIGNING_KEY: 'hunter4',
      DATABASE_URL: 'mysql://u:hunter2@h/d',
    }
    const badly = {
      ...GOOD,
      NOTIFY_WEBHOOK_URL: 'http://hooks.example.com/?key=hunter5',
      NOTIFY_WEBHOOK_SECRET: 'whsec_hunter8hunter8hunter8hunter8hunter8',
      NOTIFY_SLACK_URL: 'http://hooks.slack.com/hunter6',
      SMTP_URL: 'smtp://u:50%hunter7@smtp.example.com',
    }
    for (const env of [bad, badly])
      try {
        loadConfig(env)
        expect.unreachable()
      } catch (error) {
        expect(String(error)).toMatch(/NOTIFY_SLACK_URL|PUBLIC_URL/)
        expect(String(error)).not.toMatch(/hunter/)
      }
  })
})

test('there is no switch for a demo, and no secret has a default', () => {
  expect(() => loadConfig({ DEMO: '1', NODE_ENV: 'development' })).toThrow(
    /OIDC_CLIENT_SECRET is missing/,
  )
})
