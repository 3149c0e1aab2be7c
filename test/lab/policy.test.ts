import { expect, test } from 'vitest'
import { ask, parsePolicy } from './policy.ts'

const policy = (statement: object, kind: 'permissions' | 'trust' | 'session' = 'permissions') =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }), kind)
const connect = { Effect: 'Allow', Action: 'rds-db:connect' }
const arn = (user: string) => `arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-A/${user}`
const answers = (resource: string, wanted: string) =>
  ask([policy({ ...connect, Resource: resource })], {
    action: 'rds-db:connect',
    resource: wanted,
    context: {},
  })

test.each([
  [arn('ada'), arn('ada'), 'allow'],
  [arn('ada'), arn('Ada'), 'silent'],
  [arn('*'), arn('ada'), 'allow'],
  [arn('ad?'), arn('ada'), 'allow'],
  [arn('a.a'), arn('ada'), 'silent'],
  [arn('${*}'), arn('*'), 'allow'],
  [arn('${*}'), arn('ada'), 'silent'],
  [arn('a${$}b'), arn('a$b'), 'allow'],
  [arn('a$b'), arn('a$b'), 'allow'],
  [arn('ada'), `${arn('ada')}\n`, 'silent'],
])('%s and %s: %s', (resource, wanted, answer) => {
  expect(answers(resource, wanted)).toBe(answer)
})

test('a deny is stronger than any allow', () => {
  const both = [
    policy({ ...connect, Resource: '*' }),
    policy({ Effect: 'Deny', Action: '*', Resource: arn('ada') }),
  ]
  const question = { action: 'rds-db:connect', resource: arn('ada'), context: {} }
  expect(ask(both, question)).toBe('deny')
  expect(ask(both, { ...question, resource: arn('tom') })).toBe('allow')
})

test('a condition on a key that the request does not carry fails', () => {
  const Condition = { StringEquals: { 'sts:ExternalId': 'x' } }
  const trust = policy(
    { Effect: 'Allow', Principal: { AWS: 'p' }, Action: 'sts:AssumeRole', Condition },
    'trust',
  )
  const question = { action: 'sts:assumerole', principal: 'p', context: {} }
  expect(ask([trust], question)).toBe('silent')
  expect(ask([trust], { ...question, context: { 'sts:externalid': 'x' } })).toBe('allow')
})

test.each<[string, object]>([
  ['NotAction', { Effect: 'Allow', NotAction: 'x', Resource: '*' }],
  ['NotResource', { ...connect, NotResource: '*' }],
  ['a principal outside of a trust policy', { ...connect, Resource: '*', Principal: { AWS: '*' } }],
  ['an unknown condition', { ...connect, Resource: '*', Condition: { IpAddress: {} } }],
  [
    'a key for another operator',
    { ...connect, Resource: '*', Condition: { StringLike: { 'aws:TokenIssueTime': '*' } } },
  ],
  [
    'a date that is none',
    { ...connect, Resource: '*', Condition: { DateLessThan: { 'aws:TokenIssueTime': 'x' } } },
  ],
  ['a policy variable', { ...connect, Resource: arn('${aws:username}') }],
  ['no resource', connect],
  ['no effect', { Action: '*', Resource: '*' }],
  ['an effect in small letters', { Effect: 'allow', Action: '*', Resource: '*' }],
  ['no statement', []],
])('refused when it is read: %s', (_, statement) => {
  expect(() => policy(statement)).toThrow()
})

test('an older version of the language is refused', () => {
  expect(() => parsePolicy('{"Version":"2008-10-17","Statement":[]}', 'session')).toThrow(/Version/)
})
