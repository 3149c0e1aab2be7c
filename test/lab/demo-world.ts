import { DATABASES, INVOICES, type LabDatabase, WAREHOUSE, WAREHOUSE_MASTER } from './databases.ts'
import { emptyWorld, makeCluster, makeInstance, type RdsWorld } from './rds-world.ts'

const VERSIONS = { postgres: '17.5', 'aurora-postgresql': '16.8', mariadb: '11.4.5' } as const
const CERTIFICATE = {
  identifier: 'rds-ca-rsa2048-g1',
  thumbprint: '2fee7b3b6ad5a0d8f9d5bd9f0a2ac4d2a9b6f1c3',
  validFrom: '2021-05-21T22:00:00Z',
  validTill: '2061-05-21T23:00:00Z',
}

/** The demo's databases as RDS tells of them, and one more that nobody has set up yet. */
export function demoWorld(withInvoices: boolean): RdsWorld {
  const world = emptyWorld()
  const databases = withInvoices ? [...DATABASES, INVOICES] : DATABASES
  for (const database of databases) addDatabase(world, database, true)
  addDatabase(world, WAREHOUSE, false)
  for (const region of new Set(databases.map((it) => it.region)))
    world.certificates.push({ region, ...CERTIFICATE })
  return world
}

function addDatabase(world: RdsWorld, database: LabDatabase, iam: boolean): void {
  const { name, engine, region, resource, port, dbname, endpoints } = database
  const masterUsername = name === WAREHOUSE.name ? WAREHOUSE_MASTER : 'postgres'
  const common = { region, engine, port, dbname, iam, masterUsername }
  const engineVersion = VERSIONS[engine]
  const own = { ...common, engineVersion, identifier: name, resource, tags: { latchkey: name } }
  const host = endpoints[0]?.host ?? ''
  if (engine !== 'aurora-postgresql')
    return void world.instances.push(makeInstance({ ...own, host }))
  const readerHost = endpoints.find(({ readOnly }) => readOnly)?.host ?? null
  world.clusters.push(makeCluster({ ...own, host, readerHost }))
  addMember(world, `${name}-1`, { ...common, engineVersion, cluster: name, writer: true })
  if (readerHost !== null)
    addMember(world, `${name}-2`, { ...common, engineVersion, cluster: name, writer: false })
}

type Member = Omit<Parameters<typeof makeInstance>[0], 'identifier'>
const addMember = (world: RdsWorld, identifier: string, member: Member) =>
  world.instances.push(makeInstance({ identifier, ...member }))
