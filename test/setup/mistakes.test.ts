import { expect, test } from 'vitest'
import { type Guide, makeGuide } from '../../server/core/setup/guide.ts'
import { everyText, MATRIX, wish } from './wishes.ts'

/*
 * The AWS walk-through that people follow has mistakes in its commands and its words, M1 to M28 in its order.
 * A row has what the mistake looks like, an example of it, and what stands there instead, where something does.
 */
type Row = { id: string; what: string; wrong: RegExp; example: string; right?: RegExp }

const ROWS: readonly Row[] = [
  {
    id: 'M1',
    what: 'an IAM ARN with a colon too few',
    wrong: /arn:[a-z-]+:iam:[^:]/,
    example: 'arn:aws:iam:123456789012:policy/x',
    right: /arn:[a-z-]+:iam::\d{12}:role\//,
  },
  {
    id: 'M2',
    what: 'a policy that nobody made is attached',
    wrong: /attach-(user|role)-policy/,
    example: 'aws iam attach-user-policy',
    right: /put-role-policy[^]*--policy-document/,
  },
  {
    id: 'M3',
    what: 'a person without any credential signs',
    wrong: /create-user\b|need (no|not).{0,40}access keys/i,
    example: 'aws iam create-user --user-name x',
    right: /create-role/,
  },
  {
    id: 'M4',
    what: 'typographic quotes in a command',
    wrong: /[“”‘„]/,
    example: 'DbiResourceId]”',
  },
  {
    id: 'M5',
    what: 'dashes that are no hyphens before an option',
    wrong: /[–—]\s?\w/,
    example: '–hostname',
    right: /--hostname/,
  },
  {
    id: 'M6',
    what: 'a command that does not exist',
    wrong: /generated-db-auth-token/,
    example: 'generated-db-auth-token',
    right: /generate-db-auth-token/,
  },
  {
    id: 'M7',
    what: 'AWS makes the token',
    wrong: /\b(Aurora|RDS|AWS) (generates|creates|issues)|on request/i,
    example: 'that Aurora generates on request',
    right: /computed by who signs it/,
  },
  {
    id: 'M8',
    what: 'the bundle that was retired',
    wrong: /rds-combined-ca|rds-ca-2019/,
    example: 'rds-combined-ca-bundle.pem',
  },
  {
    id: 'M9',
    what: 'certificates from a bucket of S3, outside of China',
    wrong: /s3[.-](?!cn-)[a-z0-9-]*\.?amazonaws|Amazon S3/,
    example: 'https://s3.amazonaws.com/rds-downloads/x.pem',
  },
  {
    id: 'M10',
    what: 'a blank after an equals sign of a connection string',
    wrong: /\b(user|host|dbname|sslcert|sslrootcert)= /,
    example: 'user= mydbuser',
  },
  {
    id: 'M11',
    what: 'TLS options that the client does not know',
    wrong: /\s-ssl(mode|cert)=|\bsslcert=/,
    example: ' -sslmode=verify-full -sslcert=x',
  },
  {
    id: 'M12',
    what: 'the token in the arguments of a program',
    wrong: /-{1,2}password[= ]["']?\$/,
    example: '-password=$PGPASSWORD',
  },
  {
    id: 'M13',
    what: 'an old driver by its number',
    wrong: /postgresql-42\.[0-6]\./,
    example: 'postgresql-42.3.1.jar',
  },
  {
    id: 'M14',
    what: 'a class that is deprecated',
    wrong: /LibPQFactory/,
    example: 'org.postgresql.ssl.jdbc4.LibPQFactory',
  },
  {
    id: 'M15',
    what: 'the token in a connection string of DBeaver',
    wrong: /password=\$|-con\b/,
    example: 'dbeaver -con "password=$PGPASSWORD"',
  },
  {
    id: 'M16',
    what: 'the administrator as the user for tokens',
    wrong: /user ?name that you entered when you created/i,
    example: 'enter the user name that you entered when you created the database instance',
  },
  {
    id: 'M17',
    what: 'a page of pgAdmin that moved',
    wrong: /under SSL/i,
    example: 'under SSL, change the SSL mode',
  },
  {
    id: 'M18',
    what: 'a link that was lost',
    wrong: /from the pgAdmin\b/,
    example: 'Install pgAdmin from the pgAdmin',
  },
  {
    id: 'M19',
    what: 'the administrator’s password on the command line',
    wrong: /--master-user-password/,
    example: '--master-user-password <password>',
    right: /--manage-master-user-password/,
  },
  {
    id: 'M20',
    what: 'an instance class of an old generation',
    wrong: /db\.[rmt][1-4]\.(?!.*gd)/,
    example: 'db.r4.large',
    right: /db\.t4g\.medium/,
  },
  {
    id: 'M21',
    what: 'an error of the console to ignore',
    wrong: /ignore (this|the) error/i,
    example: 'You can ignore this error.',
  },
  {
    id: 'M22',
    what: 'a user whose name is not quoted',
    wrong: /(CREATE|DROP|ALTER) (USER|ROLE) (?!["`]|is |says |knows )|WITH LOGIN/,
    example: 'CREATE USER mydbuser WITH LOGIN',
    right: /CREATE USER ["`]/,
  },
  {
    id: 'M23',
    what: 'TLS that takes any name',
    wrong: /verify-ca|VERIFY_CA|sslmode=require\b/,
    example: 'sslmode=verify-ca',
    right: /verify-full/,
  },
  {
    id: 'M24',
    what: 'limits without numbers',
    wrong: /maximum (number of )?(new )?connections per second/i,
    example: 'If you exceed the limit of maximum new connections per second',
    right: /300 to 1000 MiB[^]*200 of them a second/,
  },
  {
    id: 'M25',
    what: 'only two programs can sign',
    wrong: /AWS CLI and the AWS SDK for Java/,
    example: 'The AWS CLI and the AWS SDK for Java can automatically sign',
  },
  {
    id: 'M26',
    what: 'ARNs of another partition',
    wrong: /arn:aws:/,
    example: 'arn:aws:rds-db:cn-north-1:123456789012:dbuser:db-X/u',
    right: /arn:aws-cn:rds-db:cn-north-1/,
  },
  {
    id: 'M27',
    what: 'the command for clusters on an instance',
    wrong: /modify-db-cluster/,
    example: 'aws rds modify-db-cluster',
    right: /modify-db-instance/,
  },
  {
    id: 'M28',
    what: 'a token that stays in the environment',
    wrong: /export (PGPASSWORD|MYSQL_PWD)/,
    example: 'export PGPASSWORD="$(aws …)"',
    right: /PGPASSWORD="\$\(/,
  },
]

const guides = MATRIX.map(([what, asked]) => [what, makeGuide(asked)] as const)
const china = guides.filter(([what]) => what === 'China')
const instance = guides.filter(([what]) => what.startsWith('an instance'))
/** Where a row is about one kind of database only. */
const ABOUT: Readonly<Record<string, typeof guides>> = { M26: china, M27: instance }
const whole = (guide: Guide) => everyText(guide).join('\n')

test('the table has each mistake once, and knows it when it sees it', () => {
  expect(ROWS.map(({ id }) => id)).toEqual(
    Array.from({ length: 28 }, (_, index) => `M${index + 1}`),
  )
  for (const { id, wrong, example } of ROWS) expect(example, id).toMatch(wrong)
})

test.each(ROWS)('$id: $what is in no text that is generated', ({ id, wrong, right }) => {
  for (const [what, guide] of ABOUT[id] ?? guides)
    for (const text of everyText(guide)) expect(text, `${id} in ${what}`).not.toMatch(wrong)
  if (right)
    expect(
      (ABOUT[id] ?? [['', makeGuide(wish())] as const]).map(([, guide]) => whole(guide)).join('\n'),
    ).toMatch(right)
})
