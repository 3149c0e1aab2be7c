import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { classify } from '../../server/core/diagnosis/classify.ts'
import { diagnose } from '../../server/core/diagnosis/diagnose.ts'
import { Closers } from '../lab/closers.ts'
import { DATABASES, INVOICES } from '../lab/databases.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { findMariaDb } from '../lab/mariadb.ts'
import {
  CONNECTED,
  hasJava,
  hasMySql,
  hasPsql,
  type Java,
  startJava,
  withMySql,
  withMySql2,
  withNode,
  withPsql,
} from './clients.ts'
import { signFor, type Signed } from './signed.ts'

/*
 * What people paste, said by the clients themselves before databases that check tokens: nothing here is written by hand.
 * The token is good and the database is well; what is wrong is how the client was used.
 */

const ORDERS = DATABASES[0]!
const HOST = ORDERS.endpoints[0]?.host ?? ''
const INVOICES_HOST = INVOICES.endpoints[0]?.host ?? ''
/** Where nothing listens. */
const NOBODY = 1
const STRANGERS = '/etc/ssl/certs/ca-certificates.crt'
const mariadb = findMariaDb()
if (!mariadb) console.warn('skipped: the texts of the MySQL family, since there is no MariaDB here')

const closers = new Closers()
let home: string
let lab: Lab
let good: Signed
let ca: string
let port: number
let java: Java
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-texts-'))
  chmodSync(home, 0o755)
  closers.add(home, () => rmSync(home, { recursive: true, force: true }))
  const starting = { home: join(home, 'lab'), portal: 'http://localhost:8080', mariadb }
  lab = closers.add(await startLab(starting), (it) => it.close())
  good = await signFor(lab, ORDERS, 'orders_reader')
  ca = lab.authority.file
  port = lab.doorOf(HOST)
  if (hasJava) java = closers.add(startJava(home, [HOST]), (it) => it.close())
}, 120_000)
afterAll(() => closers.close())

/** What the portal would say, right after it gave this token; `received` is what the person counted. */
function look(text: string, { token, known }: Signed, received?: string | number) {
  const receivedLength = typeof received === 'string' ? received.length : received
  const [first] = diagnose(text, { ...known, receivedLength }).causes
  expect(text).not.toBe(CONNECTED)
  // Then nothing of what is sent to the portal is lost in what its browser cuts out.
  expect(text).not.toContain(token)
  return `${classify(text)?.symptom.id}: ${first?.id}`
}
const cutAt = (sign: string) => good.token.slice(0, good.token.indexOf(sign))

describe.runIf(hasPsql)('psql', () => {
  const address = () =>
    `host=${HOST} hostaddr=127.0.0.1 port=${port} user=orders_reader dbname=orders`
  const full = () => `${address()} sslmode=verify-full sslrootcert=${ca}`
  const attempt = (given: string, token = good.token, env: Record<string, string> = {}) =>
    withPsql(home, given, { ...(token && { PGPASSWORD: token }), ...env })

  test('gets in with what the card gives', async () => {
    expect(await attempt(full())).toBe(CONNECTED)
  })

  test.each<[what: string, told: string, (token: string) => [given: string, token?: string]]>([
    [
      'a certificate that an old or another bundle does not prove',
      'certificate-unknown: bundle-wrong',
      () => [`${address()} sslmode=verify-full sslrootcert=${STRANGERS}`],
    ],
    [
      'no CA bundle at its place',
      'bundle-unreadable: bundle-missing',
      () => [`${address()} sslmode=verify-full sslrootcert=/nowhere/ca.pem`],
    ],
    [
      'a bundle without a certificate',
      'bundle-unreadable: bundle-missing',
      () => [`${address()} sslmode=verify-full sslrootcert=/etc/hostname`],
    ],
    [
      'a tunnel that is dialled by its own name',
      'name-mismatch: other-name',
      () => [full().replace(`host=${HOST} hostaddr=127.0.0.1`, 'host=localhost')],
    ],
    ['no TLS', 'plain: tls-off', () => [`${address()} sslmode=disable`]],
    [
      'a port where nothing listens',
      'refused: nothing-listens',
      () => [`host=127.0.0.1 port=${NOBODY}`],
    ],
    [
      'a host that is not there',
      'host-unknown: host-not-found',
      () => ['host=orders.invalid user=orders_reader'],
    ],
    ['no token', 'password-absent: no-password', () => [full(), '']],
    [
      'a token that is not encoded in an address',
      'address-broken: not-encoded',
      (token) => [`postgresql://orders_reader:${token}@${HOST}:${port}/orders`, ''],
    ],
    [
      'a database that is not there',
      'database-absent: database-missing',
      () => [full().replace('dbname=orders', 'dbname=order')],
    ],
    [
      'a user that is not there',
      'password-refused: other-user',
      () => [full().replace('user=orders_reader', 'user=order_reader')],
    ],
    [
      'a replication connection',
      'replication: replication',
      () => [`${full()} replication=database`],
    ],
  ])('%s', async (_what, told, given) => {
    const [conninfo, token] = given(good.token)
    expect(look(await attempt(conninfo, token), good)).toBe(told)
  })

  test('a token that was cut, and the echo of sslmode=prefer', async () => {
    const text = await attempt(`${address()} sslmode=prefer`, cutAt('&'))
    expect(text).toMatch(/PAM authentication failed[^]*no encryption/)
    expect(classify(text)?.fellBack).toBe(true)
    expect(look(text, good, cutAt('&'))).toBe('pam: truncated')
  })

  test('a password file whose colon is not escaped, and one that others may read', async () => {
    const file = join(home, '.pgpass')
    writeFileSync(file, `*:*:orders:orders_reader:${good.token}\n`, { mode: 0o600 })
    const text = await attempt(full(), '')
    expect(look(text, good, HOST.length)).toBe('pam: truncated')
    expect(
      diagnose(text, { ...good.known, receivedLength: HOST.length }).causes[0]?.because,
    ).toContain('.pgpass')
    chmodSync(file, 0o644)
    expect(look(await attempt(full(), ''), good)).toBe('password-file: password-file-open')
    rmSync(file)
  })

  test('a token in the service file', async () => {
    const file = join(home, 'services')
    writeFileSync(file, `[orders]\npassword=${good.token.padEnd(1300, '0')}\n`)
    const text = await attempt('service=orders', '', { PGSERVICEFILE: file })
    expect(look(text, good)).toBe('service-file: service-file-long')
  })
})

describe('node-postgres', () => {
  const config = () => ({
    host: '127.0.0.1',
    port,
    user: 'orders_reader',
    database: 'orders',
    password: good.token,
    ssl: { ca: lab.authority.pem, servername: HOST },
  })
  const at = (query = '') => `postgresql://orders_reader:x@127.0.0.1:${port}/orders${query}`

  test('gets in with what the card gives', async () => {
    expect(await withNode(config())).toBe(CONNECTED)
  })

  test.each<[what: string, told: string, () => Parameters<typeof withNode>[0]]>([
    ['a token that was cut', 'pam: truncated', () => ({ ...config(), password: cutAt('&') })],
    ['no TLS', 'plain: tls-off', () => ({ ...config(), ssl: false })],
    [
      'a bundle that was forgotten',
      'certificate-unknown: bundle-wrong',
      () => ({ ...config(), ssl: { servername: HOST } }),
    ],
    [
      'a tunnel without servername',
      'name-mismatch: other-name',
      () => ({ ...config(), ssl: { ca: lab.authority.pem } }),
    ],
    [
      'a tunnel by its own name',
      'name-mismatch: other-name',
      () => ({ ...config(), host: 'localhost', ssl: { ca: lab.authority.pem } }),
    ],
    [
      'no CA bundle at its place',
      'bundle-unreadable: bundle-missing',
      () => ({ connectionString: at('?sslmode=verify-full&sslrootcert=/nowhere/ca.pem') }),
    ],
    [
      'a token that is not encoded in an address',
      'address-broken: not-encoded',
      () => ({ connectionString: at().replace(':x@', `:${good.token}@`) }),
    ],
    [
      'a port where nothing listens',
      'refused: nothing-listens',
      () => ({ ...config(), port: NOBODY }),
    ],
    [
      'a host that is not there',
      'host-unknown: host-not-found',
      () => ({ ...config(), host: 'orders.invalid' }),
    ],
    [
      'a database that is not there',
      'database-absent: database-missing',
      () => ({ ...config(), database: 'order' }),
    ],
    [
      'a user that is not there',
      'password-refused: other-user',
      () => ({ ...config(), user: 'order_reader' }),
    ],
  ])('%s', async (_what, told, given) => {
    const received = told.endsWith('truncated') ? cutAt('&') : undefined
    expect(look(await withNode(given()), good, received)).toBe(told)
  })
})

describe.runIf(hasJava)('pgjdbc', () => {
  const url = (query: string, place = `${HOST}:${port}/orders`) =>
    `jdbc:postgresql://${place}?sslrootcert=${ca}&${query}`

  test('gets in with what the card gives', async () => {
    const text = await java.attempt(url('sslmode=verify-full'), 'orders_reader', good.token)
    expect(text).toBe(CONNECTED)
  })

  test.each<[what: string, told: string, () => [url: string, user?: string, password?: string]]>([
    [
      'a token that is not encoded in an address',
      'pam: truncated',
      () => [url(`sslmode=verify-full&password=${good.token}`), 'orders_reader', ''],
    ],
    ['no TLS', 'plain: tls-off', () => [url('sslmode=disable')]],
    [
      'a certificate that an old or another bundle does not prove',
      'certificate-unknown: bundle-wrong',
      () => [url('sslmode=verify-full').replace(ca, STRANGERS)],
    ],
    [
      'a factory of Java without a trust store',
      'certificate-unknown: bundle-wrong',
      () => [url('ssl=true&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory')],
    ],
    [
      'no CA bundle at its place',
      'bundle-unreadable: bundle-missing',
      () => [url('sslmode=verify-full').replace(ca, '/nowhere/ca.pem')],
    ],
    [
      'a tunnel that is dialled by its own name',
      'name-mismatch: other-name',
      () => [url('sslmode=verify-full', `localhost:${port}/orders`)],
    ],
    [
      'a port where nothing listens',
      'refused: nothing-listens',
      () => [url('sslmode=verify-full', `localhost:${NOBODY}/orders`)],
    ],
    [
      'a host that is not there',
      'host-unknown: host-not-found',
      () => [url('sslmode=verify-full', 'orders.invalid/orders')],
    ],
    [
      'no token',
      'password-absent: no-password',
      () => [url('sslmode=verify-full'), 'orders_reader', ''],
    ],
    [
      'a database that is not there',
      'database-absent: database-missing',
      () => [url('sslmode=verify-full', `${HOST}:${port}/order`)],
    ],
    [
      'a user that is not there',
      'password-refused: other-user',
      () => [url('sslmode=verify-full'), 'order_reader'],
    ],
  ])('%s', async (_what, told, given) => {
    const [address, user = 'orders_reader', password = good.token] = given()
    const text = await java.attempt(address, user, password)
    const received = told.endsWith('truncated') ? cutAt('&') : undefined
    expect(look(text, good, received)).toBe(told)
  })

  test('a token that was cut, and the echo of sslmode=prefer', async () => {
    const text = await java.attempt(url('sslmode=prefer'), 'orders_reader', cutAt('&'))
    expect(look(text, good, cutAt('&'))).toBe('pam: truncated')
  })
})

describe.runIf(mariadb)('the MySQL family', () => {
  let invoices: Signed
  let door: number
  beforeAll(async () => {
    invoices = await signFor(lab, INVOICES, 'invoices_reader')
    door = lab.doorOf(INVOICES_HOST)
  })
  const cut = () => invoices.token.slice(0, invoices.token.indexOf('&'))

  describe.runIf(hasMySql)('the mysql client', () => {
    const args = (...more: string[]) => [
      ...['-h', '127.0.0.1', '-P', String(door), '-u', 'invoices_reader', `--ssl-ca=${ca}`],
      ...(more.length > 0 ? more : ['invoices']),
    ]

    test('gets in with a token', async () => {
      expect(await withMySql(args(), invoices.token)).toBe(CONNECTED)
    })

    test.each<[what: string, told: string, () => string[], token?: () => string]>([
      ['a token that was cut', 'mysql-denied: truncated', () => args(), cut],
      ['no token', 'password-absent: no-password', () => args(), () => ''],
      [
        'another name than the certificate has',
        'name-mismatch: other-name',
        () => args('--ssl-verify-server-cert', 'invoices'),
      ],
      [
        'no CA bundle at its place',
        'bundle-unreadable: bundle-missing',
        () => args('--ssl-ca=/nowhere/ca.pem'),
      ],
      [
        'the option of the other client of that name',
        'other-client: other-client',
        () => ['--ssl-mode=VERIFY_IDENTITY', ...args()],
      ],
      [
        'no plugin for clear text',
        'cleartext: cleartext-off',
        () => ['--plugin-dir=/nowhere', ...args()],
      ],
      [
        'a port where nothing listens',
        'refused: nothing-listens',
        () => args('-P', String(NOBODY)),
      ],
      ['a host that is not there', 'host-unknown: host-not-found', () => args('-h', 'a.invalid')],
      ['another database', 'mysql-no-database: database-missing', () => args('invoice')],
      ['another user', 'mysql-denied: other-user', () => args('-u', 'invoice_reader')],
    ])('%s', async (what, told, given, token = () => invoices.token) => {
      const text = await withMySql(given(), token())
      expect(look(text, invoices, what.includes('cut') ? cut() : undefined)).toBe(told)
    })
  })

  describe('mysql2', () => {
    const config = () => ({
      host: '127.0.0.1',
      port: door,
      user: 'invoices_reader',
      password: invoices.token,
      database: 'invoices',
      ssl: { ca: readFileSync(ca, 'utf8'), verifyIdentity: false },
      enableCleartextPlugin: true,
    })

    test.each<[what: string, told: string, change: () => object]>([
      ['a token that was cut', 'mysql-denied: truncated', () => ({ password: cut() })],
      [
        'clear text switched off',
        'cleartext: cleartext-off',
        () => ({ enableCleartextPlugin: false }),
      ],
      ['a bundle that was forgotten', 'certificate-unknown: bundle-wrong', () => ({ ssl: {} })],
      [
        'a tunnel by its own name',
        'name-mismatch: other-name',
        () => ({ host: 'localhost', ssl: { ...config().ssl, verifyIdentity: true } }),
      ],
      ['a port where nothing listens', 'refused: nothing-listens', () => ({ port: NOBODY })],
      ['another database', 'mysql-no-database: database-missing', () => ({ database: 'invoice' })],
    ])('%s', async (what, told, change) => {
      const text = await withMySql2({ ...config(), ...change() })
      expect(look(text, invoices, what.includes('cut') ? cut() : undefined)).toBe(told)
    })

    test('gets in with a token, and without TLS it is one message for every reason', async () => {
      expect(await withMySql2(config())).toBe(CONNECTED)
      const { ssl: _ssl, ...plain } = config()
      const text = await withMySql2(plain)
      const { causes } = diagnose(text, invoices.known)
      expect(causes.map(({ id }) => id)).toContain('tls-off')
    })
  })
})
