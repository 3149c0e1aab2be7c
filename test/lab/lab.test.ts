import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { INVENTORY_EXTERNAL_ID, INVENTORY_ROLE, roleArn } from './account.ts'
import { Closers } from './closers.ts'
import { DATABASES, WAREHOUSE, WAREHOUSE_MASTER } from './databases.ts'
import { putRolePolicy } from './iam.ts'
import { type Lab, startLab } from './lab.ts'
import { queryAsPortal, type Target } from './portal-way.ts'

let home: string
let lab: Lab
const log: string[] = []
const start = () =>
  startLab({ home, portal: 'http://localhost:8080', log: (line) => log.push(line) })
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-lab-'))
  fs.chmodSync(home, 0o755)
  lab = await start()
})
afterAll(async () => {
  await lab.close()
  fs.rmSync(home, { recursive: true })
})

const ORDERS: Target = {
  team: 'payments',
  host: DATABASES[0]?.endpoints[0]?.host ?? '',
  user: 'orders_reader',
  region: 'eu-west-1',
  dbname: 'orders',
}

const query = (target: Target, sql: string) => queryAsPortal(lab, target, sql)

test('a reader reads orders, and may not write', async () => {
  expect(await query(ORDERS, 'select count(*)::int as n from orders')).toEqual([{ n: 250 }])
  await expect(query(ORDERS, 'delete from order_lines')).rejects.toMatchObject({ code: '42501' })
})

test('a writer writes at the writer endpoint', async () => {
  const sql = `update orders set status = 'paid' where id = 1 returning status`
  expect(await query({ ...ORDERS, user: 'orders_writer' }, sql)).toEqual([{ status: 'paid' }])
})

test('at the reader endpoint nobody writes', async () => {
  const host = DATABASES[0]?.endpoints[1]?.host ?? ''
  const sql = 'delete from order_lines'
  await expect(query({ ...ORDERS, host, user: 'orders_writer' }, sql)).rejects.toMatchObject({
    code: '25006',
  })
})

test.each<[string, Partial<Target>]>([
  [
    'payments reaches its copy to try things on',
    { host: DATABASES[1]?.endpoints[0]?.host ?? '', dbname: 'orders_staging' },
  ],
  [
    'logistics reaches shipments, in its region',
    {
      team: 'logistics',
      host: DATABASES[2]?.endpoints[0]?.host ?? '',
      user: 'shipments_reader',
      region: 'eu-central-1',
      dbname: 'shipments',
    },
  ],
])('%s', async (_, target) => {
  expect(await query({ ...ORDERS, ...target }, 'select 1 as x')).toEqual([{ x: 1 }])
})

test.each<[string, Partial<Target>]>([
  ['logistics does not reach orders', { team: 'logistics' }],
  ['a user of another database does not come in', { user: 'shipments_reader' }],
])('%s, and the log says why', async (_, target) => {
  const refused = { code: '28000', message: expect.stringContaining('PAM authentication failed') }
  await expect(query({ ...ORDERS, ...target }, 'select 1')).rejects.toMatchObject(refused)
  expect(log.at(-1)).toMatch(
    /^orders \(writer\): refused user .*: nobody allows rds-db:connect on /,
  )
})

test('behind the door of one database the others do not exist', async () => {
  await expect(query({ ...ORDERS, dbname: 'shipments' }, 'select 1')).rejects.toMatchObject({
    code: '3D000',
  })
})

/** The administrator's terminal, as the file for it says. */
function administrator(): RDSClient {
  const text = fs.readFileSync(path.join(home, 'administrator.env'), 'utf8')
  const said = new Map(
    [...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  const get = (name: string) => said.get(name) ?? ''
  return new RDSClient({
    endpoint: get('AWS_ENDPOINT_URL_RDS'),
    region: get('AWS_REGION'),
    credentials: {
      accessKeyId: get('AWS_ACCESS_KEY_ID'),
      secretAccessKey: get('AWS_SECRET_ACCESS_KEY'),
    },
  })
}

test('the portal’s inventory role sees every database, also the one of no catalog', async () => {
  const { environment } = lab
  const { Credentials: keys } = await new STSClient({
    endpoint: environment['AWS_ENDPOINT_URL_STS'] ?? '',
    region: 'eu-west-1',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  }).send(
    new AssumeRoleCommand({
      RoleArn: INVENTORY_ROLE,
      RoleSessionName: 'latchkey-inventory',
      ExternalId: INVENTORY_EXTERNAL_ID,
    }),
  )
  const rds = new RDSClient({
    endpoint: environment['AWS_ENDPOINT_URL_RDS'] ?? '',
    region: 'eu-west-1',
    credentials: {
      accessKeyId: keys?.AccessKeyId ?? '',
      secretAccessKey: keys?.SecretAccessKey ?? '',
      sessionToken: keys?.SessionToken ?? '',
    },
  })
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({}))
  expect(DBInstances.map((it) => [it.DBInstanceIdentifier, it.IAMDatabaseAuthenticationEnabled]))
    // prettier-ignore
    .toEqual([
      ['orders-1', true],
      ['orders-2', true],
      ['orders-staging', true],
      ['warehouse', false],
    ])
  expect(fs.readFileSync(environment['CATALOG_FILE'] ?? '', 'utf8')).not.toMatch(/^ {2}warehouse:/m)
})

test('a database that nobody has set up is the master user’s, by password, until it is', async () => {
  const [{ host } = { host: '' }] = WAREHOUSE.endpoints
  const target: Target = { ...ORDERS, host, user: 'stock reader', dbname: 'warehouse' }
  const connect = async (sql: string) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: lab.doorOf(host),
      user: WAREHOUSE_MASTER,
      database: 'warehouse',
      password: fs.readFileSync(path.join(home, 'warehouse-password'), 'utf8'),
      ssl: { ca: lab.authority.pem, servername: host },
    })
    await client.connect()
    try {
      return (await client.query(sql)).rows as unknown[]
    } finally {
      await client.end()
    }
  }
  await connect(
    'create user "stock reader"; grant rds_iam to "stock reader"; grant select on stock to "stock reader"',
  )
  const arn = `arn:aws:rds-db:eu-west-1:111122223333:dbuser:${WAREHOUSE.resource}/stock reader`
  const role = lab.account.roles.get(roleArn('payments'))
  if (!role) throw new Error('there is no role')
  putRolePolicy(role, 'warehouse', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'rds-db:connect', Resource: arn },
  })
  const sql = 'select count(*)::int as n from stock'
  await expect(query(target, sql)).rejects.toMatchObject({ code: '28P01' })
  await administrator().send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: 'warehouse',
      EnableIAMDatabaseAuthentication: true,
      ApplyImmediately: true,
    }),
  )
  expect(await query(target, sql)).toEqual([{ n: 5 }])
  // The master has the right to give rds_iam away, and does not lose its own password by that.
  expect(await connect(`select pg_has_role(current_user, 'rds_iam', 'usage') as tokens`)).toEqual([
    { tokens: false },
  ])
})

test('what only its owner may read is kept so, and a second start finds all of it again', async () => {
  const secrets = ['aws.json', 'aws-administrator.json', 'administrator.env', 'warehouse-password']
  secrets.push('idp.json', 'ca.key', 'audit-signing-key.pem')
  const modes = secrets.map((name) => fs.statSync(path.join(home, name)).mode & 0o777)
  expect(modes).toEqual(secrets.map(() => 0o600))
  const sql = `update orders set status = 'returned' where id = 2`
  await query({ ...ORDERS, user: 'orders_writer' }, sql)
  const before = lab.environment
  await lab.close()
  lab = await start()
  for (const name of ['OIDC_CLIENT_SECRET', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    expect(lab.environment[name]).toBe(before[name])
  }
  expect(await query(ORDERS, 'select status from orders where id = 2')).toEqual([
    { status: 'returned' },
  ])
})

test('a part that cannot start stops the others, so that the next start is free to try', async () => {
  const other = path.join(home, 'other')
  const taken = { idp: 0, sts: 0, rds: 0, iam: 0, door: () => lab.sts.port }
  const portal = 'http://localhost:8080'
  await expect(startLab({ home: other, portal, ports: taken })).rejects.toThrow(
    `Port ${lab.sts.port}, for a database of the lab, is taken`,
  )
  const next = await startLab({ home: other, portal })
  await next.close()
})

test('whatever fails to stop, the rest is stopped, last first', async () => {
  const closers = new Closers()
  const stopped: string[] = []
  closers.add('first', (name) => stopped.push(name))
  closers.add('second', () => Promise.reject(new Error('stuck')))
  closers.add('third', (name) => stopped.push(name))
  await expect(closers.close()).rejects.toThrow('stuck')
  expect(stopped).toEqual(['third', 'first'])
})
