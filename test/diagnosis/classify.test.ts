import { describe, expect, test } from 'vitest'
import { CAUSES } from '../../server/core/diagnosis/cause.ts'
import { classify, SYMPTOMS, userIn } from '../../server/core/diagnosis/classify.ts'

const PAM = 'FATAL:  PAM authentication failed for user "orders_reader"'
const PLAIN =
  'FATAL:  pg_hba.conf rejects connection for host "10.0.0.7", user "orders_reader", database "orders", no encryption'
const on = (address: string, what: string) =>
  `connection to server at ${address}, port 5432 failed: ${what}`

/** Words of clients and of AWS's logs that no lab can be made to say; what clients say here is captured in real-texts.test.ts. */
const SAID: [text: string, symptom: string, cause: string][] = [
  [PAM, 'pam', 'expired'],
  ['Status Code: 400, Error Code: ExpiredToken', 'log-expired', 'expired'],
  ['the token age is longer than 15 minutes', 'log-expired', 'expired'],
  [
    'ada is not authorized to perform `rds-db:connect` (Status Code: 403, Error Code: NotAuthorized)',
    'log-unauthorised',
    'not-allowed',
  ],
  ['pam_authenticate failed: Permission denied', 'log-unauthorised', 'not-allowed'],
  ['Status Code: 400, Error Code: InvalidToken', 'log-invalid', 'truncated'],
  ['Status Code: 429, Error Code: ThrottlingException', 'log-throttled', 'throttled'],
  ['Status Code: 503, Error Code: InternalError', 'log-internal', 'low-memory'],
  ['password authentication failed for user "a"', 'password-refused', 'rds-iam-missing'],
  ['no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", SSL off', 'plain', 'tls-off'],
  [PLAIN, 'plain', 'tls-off'],
  [
    'ERROR 3159 (HY000): Connections using insecure transport are prohibited while --require_secure_transport=ON.',
    'plain',
    'tls-off',
  ],
  ['Error: self-signed certificate in certificate chain', 'certificate-unknown', 'bundle-wrong'],
  ['unable to get local issuer certificate', 'certificate-unknown', 'bundle-wrong'],
  ['PKIX path building failed', 'certificate-unknown', 'bundle-wrong'],
  ['Could not open SSL root certificate file /a/root.crt.', 'bundle-unreadable', 'bundle-missing'],
  [
    'The hostname localhost could not be verified by hostnameverifier PgjdbcHostnameVerifier.',
    'name-mismatch',
    'other-name',
  ],
  [on('"10.1.1.1"', 'Connection timed out'), 'no-answer', 'network-closed'],
  ['Error: connect ETIMEDOUT 10.1.1.1:5432', 'no-answer', 'network-closed'],
  ["ERROR 2003 (HY000): Can't connect to MySQL server on 'a' (110)", 'no-answer', 'network-closed'],
  [
    "ERROR 2003 (HY000): Can't connect to MySQL server on 'a:3306' (111)",
    'refused',
    'nothing-listens',
  ],
  ['FATAL:  role "a" does not exist', 'role-absent', 'user-missing'],
  ['ERROR:  permission denied for table orders', 'privilege', 'privilege-missing'],
  ['server does not support SSL, but SSL was required', 'no-tls-there', 'no-tls-there'],
  [
    'WARNING: password file "/home/a/.pgpass" has group or world access; permissions should be u=rw (0600) or less',
    'password-file',
    'password-file-open',
  ],
  [
    "ERROR 2059 (HY000): Authentication plugin 'mysql_clear_password' cannot be loaded: plugin not enabled",
    'cleartext',
    'cleartext-off',
  ],
  [
    "ERROR 1045 (28000): Access denied for user 'a'@'10.0.0.1' (using password: YES)",
    'mysql-denied',
    'expired',
  ],
  [
    "ERROR 1524 (HY000): Plugin 'AWSAuthenticationPlugin' is not loaded",
    'plugin-absent',
    'iam-off',
  ],
  [
    'IAM authentication failed for the role a. Check the IAM token for this role and try again.',
    'proxy-refused',
    'proxy-place',
  ],
  ['This RDS proxy has no credentials for the role a.', 'proxy-secret', 'proxy-secret'],
  ['IAM is allowed only with SSL connections.', 'proxy-tls', 'tls-off'],
  ['This RDS Proxy requires TLS connections', 'proxy-tls', 'tls-off'],
  ['The proxy supports only IAM, MD5, or SCRAM authentication', 'proxy-method', 'proxy-iam-off'],
  [
    'The IAM authentication failed because of too many competing requests.',
    'log-throttled',
    'throttled',
  ],
  ['ERROR 1040 (HY000): IAM authentication rate limit exceeded', 'log-throttled', 'throttled'],
  ['AWS does not let the portal act in the role of this team.', 'portal-role', 'role-refused'],
  [
    'AccessDenied: User: arn is not authorized to perform: sts:AssumeRole on resource: arn',
    'portal-role',
    'role-refused',
  ],
  ['PackedPolicyTooLargeException', 'portal-policy', 'policy-too-large'],
  ['SignatureDoesNotMatch: Signature expired: 20261125T190000Z', 'portal-clock', 'clock'],
  ['RegionDisabledException', 'portal-region', 'sts-region'],
  ['psycopg2.extras.LogicalReplicationConnection', 'replication', 'replication'],
]

test.each(SAID)('%s', (text, symptom, cause) => {
  const said = classify(text)?.symptom
  expect(said?.id).toBe(symptom)
  expect(said?.causes[0]).toBe(cause)
})

describe('of several messages', () => {
  test('the first counts where sslmode=prefer has tried again without TLS', () => {
    const text = `psql: error: ${on('"10.1.1.1"', PAM)}\n${on('"10.1.1.1"', PLAIN)}`
    expect(classify(text)).toMatchObject({ symptom: { id: 'pam' }, fellBack: true })
    const password = text.replace('PAM', 'password')
    expect(classify(password)).toMatchObject({
      symptom: { id: 'password-refused' },
      fellBack: true,
    })
  })

  test('the one about encryption counts where it is alone', () => {
    expect(classify(PLAIN)).toMatchObject({ symptom: { id: 'plain' }, fellBack: false })
  })

  test('the attempt that came furthest counts where one name has two addresses', () => {
    const refused = on('"localhost" (::1)', 'Connection refused')
    const text = `${refused}\n\tIs the server running on that host?\n${on('"localhost" (127.0.0.1)', PAM)}`
    expect(classify(text)?.symptom.id).toBe('pam')
    const plain = `${refused}\n${on('"localhost" (127.0.0.1)', PLAIN)}`
    expect(classify(plain)).toMatchObject({ symptom: { id: 'plain' }, fellBack: false })
  })
})

test('what no client says is nothing', () => {
  for (const text of ['', 'hello', 'SELECT 1', 'it does not work'])
    expect(classify(text)).toBeNull()
})

test('the user is read from where a client names it', () => {
  expect(userIn(PAM)).toBe('orders_reader')
  expect(userIn("Access denied for user 'a b'@'h' (using password: YES)")).toBe('a b')
  expect(userIn('role "Ada" does not exist')).toBe('Ada')
  expect(userIn(PLAIN)).toBeNull()
})

test('every cause belongs to a symptom or to what the portal knows, and is said in whole sentences', () => {
  const known = ['no-token', 'session-ended', 'admin-locked-out']
  const used = new Set<string>([...SYMPTOMS.flatMap(({ causes }) => causes), ...known])
  expect(Object.keys(CAUSES).filter((id) => !used.has(id))).toEqual([])
  for (const [id, { title, confirm, fix }] of Object.entries(CAUSES)) {
    expect(title, id).toMatch(/[^.]$/)
    expect(confirm, id).toMatch(/\.$/)
    if (id !== 'password-file-open') expect(fix, id).toMatch(/[.)]$/)
  }
})

test('no text is slow, whatever it is made of', () => {
  const LONG = 16_384
  const parts = [
    'password file "',
    "Access denied for user '",
    'server certificate for "',
    'mysql_clear_password',
    'pg_hba.conf entry ',
    'invalid port number "',
    'ENOENT',
    "doesn't match ",
    'packed size',
    'a',
    ' ',
    '"',
    '\n',
  ]
  const started = performance.now()
  for (const part of parts) classify(part.repeat(Math.ceil(LONG / part.length)).slice(0, LONG))
  // Together they take a few milliseconds; what backtracks takes minutes.
  expect(performance.now() - started).toBeLessThan(5_000)
})
