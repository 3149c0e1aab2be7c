import { expect, test } from 'vitest'
import { connectArn } from '../../server/core/catalog/catalog.ts'
import { parseCatalog } from '../../server/core/catalog/parse-catalog.ts'
import { type GuideWish, makeGuide } from '../../server/core/setup/guide.ts'
import { assumeRole } from '../lab/assume-role.ts'
import { findCaller, isAllowed } from '../lab/iam.ts'
import { defineAccount } from '../lab/iam.ts'
import { stepOf, textOf, user, wish } from './wishes.ts'

/*
 * The documents of a guide, put into an account whose STS and IAM judge as AWS does, with the portal's key and with others.
 */
const NOW = Date.parse('2026-01-02T03:04:05Z')
const ACCOUNT = '111122223333'

const portal = `arn:aws:iam::${ACCOUNT}:user/portal`
const asked = (changes: Partial<GuideWish> = {}) => wish({ portal, ...changes })

function world(of: GuideWish) {
  const guide = makeGuide(of)
  const document = (id: string) => JSON.parse(textOf(stepOf(guide, id), 'json')) as object
  const inventory = stepOf(guide, 'inventory-role').texts.filter(({ form }) => form === 'json')
  const [trust, policy] = inventory.map(({ text }) => JSON.parse(text) as object)
  const key = (name: string) => ({
    name,
    accessKeyId: `AKIA${name.toUpperCase().padEnd(16, '0')}`,
    secretAccessKey: name.padEnd(40, '0'),
  })
  const account = defineAccount({
    id: ACCOUNT,
    regions: ['eu-west-1'],
    sealingKey: Buffer.alloc(32, 7),
    users: [
      { ...key('portal'), policies: [document('portal-policy')] },
      { ...key('stranger'), policies: [ASSUME_ANYTHING] },
    ],
    roles: [
      {
        name: of.roleName,
        trust: document('role'),
        policies: { guide: document('permission-policy') },
        maxSessionDuration: 3600,
      },
      {
        name: 'latchkey-inventory',
        trust: trust!,
        policies: { guide: policy! },
        maxSessionDuration: 3600,
      },
    ],
  })
  const userOf = (name: string) => {
    const { accessKeyId } = key(name)
    const caller = findCaller(account, accessKeyId, undefined, NOW)
    if (typeof caller === 'string') throw new Error(caller)
    return caller
  }
  const role = `arn:aws:iam::${ACCOUNT}:role/${of.roleName}`
  const become = (who: 'portal' | 'stranger', parameters: Record<string, string>, arn = role) => {
    const answer = assumeRole(
      account,
      userOf(who),
      new Map(
        Object.entries({
          RoleArn: arn,
          RoleSessionName: 'jane.doe',
          DurationSeconds: '3600',
          ...parameters,
        }),
      ),
      NOW,
    ) as { Credentials: { AccessKeyId: string; SessionToken: string } }
    const { AccessKeyId, SessionToken } = answer.Credentials
    const caller = findCaller(account, AccessKeyId, SessionToken, NOW)
    if (typeof caller === 'string') throw new Error(caller)
    return caller
  }
  return { become, userOf }
}

const ASSUME_ANYTHING = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }],
}

const right = { ExternalId: wish().externalId, SourceIdentity: 'jane.doe' }

test('the portal becomes the role for somebody, with the external id, and nobody else does', () => {
  const { become } = world(asked())
  expect(become('portal', right).kind).toBe('session')
  for (const [who, parameters] of [
    ['portal', { SourceIdentity: 'jane.doe' }],
    ['portal', { ExternalId: right.ExternalId }],
    ['portal', { ...right, ExternalId: 'another' }],
    ['stranger', right],
  ] as const)
    expect(() => become(who, parameters)).toThrow(/not authorized/)
})

test('the inventory reads what it is for, asks for no person, and opens nothing', () => {
  const { become } = world(asked())
  const arn = `arn:aws:iam::${ACCOUNT}:role/latchkey-inventory`
  expect(() => become('portal', {}, arn)).toThrow(/not authorized/)
  const session = become('portal', { ExternalId: right.ExternalId }, arn)
  expect(isAllowed(session, 'rds:DescribeDBClusters', '*')).toBe(true)
  expect(
    isAllowed(session, 'iam:GetRolePolicy', `arn:aws:iam::${ACCOUNT}:role/latchkey-payments`),
  ).toBe(true)
  for (const action of [
    'rds:ModifyDBCluster',
    'rds:DescribeDBLogFiles',
    'iam:PutRolePolicy',
    'rds-db:connect',
  ])
    expect(isAllowed(session, action, '*'), action).toBe(false)
  expect(isAllowed(session, 'iam:GetRole', `arn:aws:iam::${ACCOUNT}:role/admin`)).toBe(false)
})

test('the portal itself opens nothing', () => {
  const { userOf } = world(asked())
  const caller = userOf('portal')
  const arn = `arn:aws:rds-db:eu-west-1:${ACCOUNT}:dbuser:${wish().resource}/orders_reader`
  expect(isAllowed(caller, 'rds-db:connect', arn)).toBe(false)
  expect(isAllowed(caller, 'sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/admin`)).toBe(false)
})

test('the role opens the database users that were asked for, and none that looks like them', () => {
  const names = ['orders_reader', 'a*', 'b?', '$c', '${aws:username}']
  const of = asked({ users: names.map((name) => user(name, 'none')) })
  const session = world(of).become('portal', right)
  const prefix = `arn:aws:rds-db:eu-west-1:${ACCOUNT}:dbuser:${of.resource}`
  for (const name of names)
    expect(isAllowed(session, 'rds-db:connect', `${prefix}/${name}`), name).toBe(true)
  for (const name of ['ab', 'a', 'bx', 'jane.doe', 'Orders_reader', 'orders_reader2', '*'])
    expect(isAllowed(session, 'rds-db:connect', `${prefix}/${name}`), name).toBe(false)
  for (const other of [
    `arn:aws:rds-db:eu-west-1:${ACCOUNT}:dbuser:cluster-ANOTHER0123456789/orders_reader`,
    `arn:aws:rds-db:eu-west-2:${ACCOUNT}:dbuser:${of.resource}/orders_reader`,
    `arn:aws:rds-db:eu-west-1:444455556666:dbuser:${of.resource}/orders_reader`,
    `arn:aws-cn:rds-db:eu-west-1:${ACCOUNT}:dbuser:${of.resource}/orders_reader`,
  ])
    expect(isAllowed(session, 'rds-db:connect', other), other).toBe(false)
  expect(isAllowed(session, 'rds:DescribeDBClusters', '*')).toBe(false)
})

test('what the catalog entry lets people ask for is what the policy opens', () => {
  const of = asked({ users: ['a*', 'Orders Reader', `o'brien`].map((name) => user(name, 'read')) })
  const session = world(of).become('portal', right)
  const parsed = parseCatalog(textOf(stepOf(makeGuide(of), 'catalog-entry'), 'yaml'))
  if (!('catalog' in parsed)) throw new Error('no catalog')
  const { databases, rules } = parsed.catalog
  expect(rules).toHaveLength(3)
  for (const rule of rules) {
    // As a request for it names it: escaping is the policy's.
    const arn = connectArn(databases.get(rule.database)!, rule.user).replace(/\$\{([*?$])\}/g, '$1')
    expect(isAllowed(session, 'rds-db:connect', arn), rule.user).toBe(true)
  }
})
