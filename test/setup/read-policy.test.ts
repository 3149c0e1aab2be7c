import { expect, test } from 'vitest'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { makeGuide } from '../../server/core/setup/guide.ts'
import { readPolicy } from '../../server/core/setup/read-policy.ts'
import { MATRIX, NASTY, stepOf, textOf, user, wish } from './wishes.ts'

const parsed = parseCatalog(textOf(stepOf(makeGuide(wish()), 'catalog-entry'), 'yaml'))
if (!('catalog' in parsed)) throw new Error('the entry is no catalog')
const { catalog } = parsed

const PREFIX = 'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234'
const statement = (Resource: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Action: 'rds-db:connect',
  Resource,
  ...more,
})
const policy = (...Statement: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const read = (text: string) => readPolicy(text, catalog)
const usersIn = (text: string) =>
  read(text)
    .opens.filter(({ database }) => database === 'orders')
    .map((one) => one.user)

test.each(MATRIX)('%s: the policy of the guide opens its users and has no fault', (_, asked) => {
  const guide = makeGuide(asked)
  const entry = parseCatalog(textOf(stepOf(guide, 'catalog-entry'), 'yaml'))
  if (!('catalog' in entry)) throw new Error('the entry is no catalog')
  const text = textOf(stepOf(guide, 'permission-policy'), 'json')
  const { opens, problems } = readPolicy(text, entry.catalog)
  expect(problems).toEqual([])
  expect(opens.map((one) => [one.database, one.user])).toEqual(
    asked.users.map(({ name }) => [asked.name, name]),
  )
})

test('an escaped wildcard is a character, and one that is not is a pattern', () => {
  const text = textOf(
    stepOf(
      makeGuide(wish({ users: NASTY.map((name) => user(name, 'none')) })),
      'permission-policy',
    ),
    'json',
  )
  expect(usersIn(text)).toEqual(NASTY)
  expect(read(policy(statement(`${PREFIX}/a*`))).problems[0]?.message).toContain('is a pattern')
})

const faults: [what: string, text: string, message: RegExp, path: string][] = [
  [
    'rds: for rds-db:',
    policy(statement(`${PREFIX}/a`, { Action: 'rds:connect' })),
    /opens no database/,
    'Statement[0].Action',
  ],
  [
    'no dbuser:',
    policy(statement(`${PREFIX.replace('dbuser:', '')}/a`)),
    /lacks dbuser:/,
    'Statement[0].Resource',
  ],
  [
    'userdb:',
    policy(statement(`${PREFIX.replace('dbuser', 'userdb')}/a`)),
    /says userdb/,
    'Statement[0].Resource',
  ],
  ['no user', policy(statement([PREFIX])), /names no database user/, 'Statement[0].Resource[0]'],
  [
    'an instance for a cluster',
    policy(statement(`${PREFIX.replace('cluster-', 'db-')}/a`)),
    /IAM knows "orders" as cluster-/,
    'Statement[0].Resource',
  ],
  [
    'a name for an id',
    policy(statement(`${PREFIX.replace('cluster-ABCDEFGHIJKL01234', 'orders')}/a`)),
    /IAM knows "orders"/,
    'Statement[0].Resource',
  ],
  [
    'another region',
    policy(statement(`${PREFIX.replace('eu-west-1', 'eu-west-2')}/a`)),
    /in eu-west-1, not in/,
    'Statement[0].Resource',
  ],
  [
    'another account',
    policy(statement(`${PREFIX.replace('111122223333', '444455556666')}/a`)),
    /in account 111122223333/,
    'Statement[0].Resource',
  ],
  [
    'another partition',
    policy(statement(`${PREFIX.replace('arn:aws:', 'arn:aws-cn:')}/a`)),
    /partition aws,/,
    'Statement[0].Resource',
  ],
  [
    'a condition on addresses',
    policy(
      statement(`${PREFIX}/a`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    ),
    /does not support/,
    'Statement[0].Condition.IpAddress',
  ],
  ['every user', policy(statement(`${PREFIX}/*`)), /every database user/, 'Statement[0].Resource'],
  [
    'every database',
    policy(statement(`${PREFIX.replace('cluster-ABCDEFGHIJKL01234', '*')}/a`)),
    /replicas and restored/,
    'Statement[0].Resource',
  ],
  [
    'a small effect',
    policy(statement(`${PREFIX}/a`, { Effect: 'allow' })),
    /neither Allow nor Deny/,
    'Statement[0].Effect',
  ],
  [
    'a trust policy',
    policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }),
    /trust policy/,
    'Statement[0].Principal',
  ],
  [
    'everything but',
    policy(statement(undefined, { NotResource: `${PREFIX}/a` })),
    /every database user but/,
    'Statement[0]',
  ],
]

test.each(faults)('%s is told at its place', (_, text, message, path) => {
  const { problems } = read(text)
  expect(problems).toContainEqual(
    expect.objectContaining({ path, message: expect.stringMatching(message) as string }),
  )
})

test('a deny takes away what it names, and a deny with a condition takes away nothing', () => {
  const both = statement([`${PREFIX}/a`, `${PREFIX}/b`])
  expect(usersIn(policy(both))).toEqual(['a', 'b'])
  expect(usersIn(policy(both, statement(`${PREFIX}/b`, { Effect: 'Deny' })))).toEqual(['a'])
  expect(usersIn(policy(both, statement('*', { Effect: 'Deny' })))).toEqual([])
  const Condition = { DateLessThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } }
  const unsure = policy(both, statement('*', { Effect: 'Deny', Condition }))
  expect(usersIn(unsure)).toEqual(['a', 'b'])
})

test('Statement, Action and Resource are one thing or a list of them, and actions know no capitals', () => {
  const one = {
    Version: '2012-10-17',
    Statement: statement(`${PREFIX}/a`, { Action: ['RDS-DB:Connect'] }),
  }
  expect(usersIn(JSON.stringify(one))).toEqual(['a'])
  expect(usersIn(policy({ Effect: 'Allow', NotAction: 's3:*', Resource: `${PREFIX}/a` }))).toEqual([
    'a',
  ])
  expect(
    usersIn(policy({ Effect: 'Allow', NotAction: 'rds-db:*', Resource: `${PREFIX}/a` })),
  ).toEqual([])
})

test.each([
  ['{"a": 1,\n}', 1, 8, /comma/],
  ['{\n  “Version”: 1}', 2, 3, /stands where JSON has "/],
  ['{"Version": "2012', 1, 13, /does not end/],
  ['{"a": 1} {', 1, 10, /follows/],
  ['{\n// why\n}', 2, 1, /comment/],
  ['['.repeat(60_000), 1, 22, /deeper/],
])('what is no JSON is told by line and column: %j', (text, line, column, message) => {
  const { opens, problems } = read(text)
  expect(opens).toEqual([])
  expect(problems).toEqual([
    expect.objectContaining({ line, column, message: expect.stringMatching(message) as string }),
  ])
})

test('a text that is too large is not read', () => {
  expect(read(' '.repeat(65_537)).problems[0]?.message).toContain('larger than any policy')
})
