import type { Guide, GuideStep, GuideText, GuideWish } from '../../server/core/setup/guide.ts'

/** A wish that is right, in which a test changes what it is about. */
export const wish = (changes: Partial<GuideWish> = {}): GuideWish => ({
  name: 'orders',
  engine: 'aurora-postgresql',
  account: '111122223333',
  region: 'eu-west-1',
  form: 'cluster',
  identifier: 'orders',
  resource: 'cluster-ABCDEFGHIJKL01234',
  dbname: 'orders',
  port: 5432,
  endpoints: [
    { name: 'writer', host: 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' },
    { name: 'reader', host: 'orders.cluster-ro-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' },
  ],
  team: 'payments',
  groups: ['payments-engineers'],
  roleName: 'latchkey-payments',
  externalId: '6f0c1f0e-52a1-4c0e-9a54-2c9f2f0b7c11',
  portal: 'arn:aws:iam::111122223333:role/latchkey',
  users: [
    user('orders_reader', 'read'),
    { ...user('orders_writer', 'write'), duration: '1h', approvalGroups: ['payments-leads'] },
  ],
  client: { cidr: '10.20.0.0/16', securityGroup: null },
  ...changes,
})

export const user = (name: string, preset: 'read' | 'write' | 'none', schema = 'public') => ({
  name,
  preset,
  schema,
  duration: '8h',
  approvalGroups: [] as string[],
})

const instance = {
  form: 'instance',
  engine: 'postgres',
  resource: 'db-ABCDEFGHIJKL01234',
  endpoints: [{ name: 'instance', host: 'orders.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' }],
} as const

/** Names that break whatever does not quote them. */
export const NASTY = [
  'a*',
  'Orders Reader',
  `o'brien "the" second`,
  '$HOME`id`\\',
  '${aws:username}',
  '-rf',
  '$latchkey$;--',
]

/** Every form, engine and partition, and names that nobody should choose. */
export const MATRIX: readonly [what: string, wish: GuideWish][] = [
  ['an Aurora cluster', wish()],
  [
    'an instance of PostgreSQL',
    wish({
      ...instance,
      endpoints: [...instance.endpoints],
      client: { cidr: null, securityGroup: 'sg-0123456789abcdef0' },
    }),
  ],
  [
    'an instance of MariaDB',
    wish({ ...instance, engine: 'mariadb', port: 3306, endpoints: [...instance.endpoints] }),
  ],
  ['a Multi-AZ cluster of MySQL', wish({ engine: 'mysql', port: 3306, dbname: 'or_ders' })],
  ['an Aurora cluster of MySQL', wish({ engine: 'aurora-mysql', port: 3306 })],
  [
    'a proxy before PostgreSQL',
    wish({
      form: 'proxy',
      resource: 'prx-0a1b2c3d4e5f60718',
      endpoints: [{ name: 'proxy', host: 'orders.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' }],
    }),
  ],
  [
    'a proxy before MariaDB',
    wish({
      form: 'proxy',
      engine: 'mariadb',
      port: 3306,
      resource: 'prx-0a1b2c3d4e5f60718',
      endpoints: [{ name: 'proxy', host: 'orders.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com' }],
    }),
  ],
  [
    'GovCloud, with a portal that is a user',
    wish({
      region: 'us-gov-west-1',
      portal: 'arn:aws-us-gov:iam::444455556666:user/portals/latchkey',
      roleName: 'latchkey/payments',
      endpoints: [
        { name: 'writer', host: 'orders.cluster-c1a2b3c4d5e6.us-gov-west-1.rds.amazonaws.com' },
      ],
      client: { cidr: '2001:db8::/32', securityGroup: 'sg-01234567' },
    }),
  ],
  [
    'China',
    wish({
      ...instance,
      region: 'cn-north-1',
      portal: 'arn:aws-cn:iam::111122223333:role/latchkey',
      endpoints: [
        { name: 'instance', host: 'orders.c1a2b3c4d5e6.rds.cn-north-1.amazonaws.com.cn' },
      ],
      client: { cidr: null, securityGroup: null },
    }),
  ],
  [
    'an isolated partition',
    wish({
      region: 'us-iso-east-1',
      portal: 'arn:aws-iso:iam::111122223333:role/latchkey',
      endpoints: [
        { name: 'writer', host: 'orders.cluster-c1a2b3c4d5e6.us-iso-east-1.rds.c2s.ic.gov' },
      ],
    }),
  ],
  [
    'names with a meaning elsewhere',
    wish({
      dbname: `Or"ders; drop`,
      groups: [`o'brien: [x]`, '#no'],
      users: NASTY.map((name, index) =>
        user(name, (['read', 'write', 'none'] as const)[index % 3] ?? 'read', `Sche"ma 'x'`),
      ),
    }),
  ],
]

export const stepOf = (guide: Guide, id: string, from: 'steps' | 'takeAway' = 'steps') => {
  const found = guide[from].find((step) => step.id === id)
  if (!found) throw new Error(`the guide has no step ${id}`)
  return found
}

export const textOf = (step: GuideStep, form: GuideText['form']) => {
  const found = step.texts.find((text) => text.form === form)
  if (!found) throw new Error(`the step ${step.id} has no ${form}`)
  return found.text
}

/** All that a reader sees. */
export const everyText = ({ steps, takeAway }: Guide) =>
  [...steps, ...takeAway].flatMap(({ title, why, warnings, texts, check }) => [
    title,
    why,
    ...warnings,
    ...texts.flatMap((text) => [text.title, text.filename, text.text]),
    ...(check === null ? [] : [check]),
  ])
