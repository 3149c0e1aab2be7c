import { caFile } from '../connect/ca-file.ts'
import { homePath, shellWord } from '../connect/shell.ts'
import type { Plan } from './plan.ts'

/** Where AWS keeps the CA bundles of a partition (Amazon RDS user guide, "Using SSL/TLS to encrypt a connection"). */
const TRUST_STORES: ReadonlyMap<string, string> = new Map([
  ['aws', 'https://truststore.pki.rds.amazonaws.com'],
  ['aws-us-gov', 'https://truststore.pki.us-gov-west-1.rds.amazonaws.com'],
  ['aws-cn', 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn'],
])

/**
 * The line that fetches the CA bundle of the region; empty for a proxy, whose certificate a public authority signed.
 * The portal's own is what its operator trusts, which may be more than AWS publishes.
 */
export function fetchCa({ database: { region, partition }, form, latchkey }: Plan): string {
  if (form === 'proxy') return ''
  if (latchkey !== undefined) return fetchFrom(`${latchkey}/api/ca/${region}.pem`, region)
  const store = TRUST_STORES.get(partition)
  const file = caFile(region)
  if (store === undefined)
    return `# Save the CA bundle of ${region} as ${file}: the page Certificates of Latchkey has it.\n`
  return fetchFrom(`${store}/${region}/${region}-bundle.pem`, region)
}

const fetchFrom = (address: string, region: string) =>
  `mkdir -p ~/.latchkey && curl -fsS -o ${caFile(region)} ${shellWord(address)} &&\n`

/** libpq's environment for a verified connection. `system` is known from PostgreSQL 16's libpq on. */
export const postgresTls = ({ database: { region }, form }: Plan) =>
  `PGSSLMODE=verify-full PGSSLROOTCERT=${form === 'proxy' ? 'system' : homePath(caFile(region))}`

/** A proxy is MySQL's to the client, whatever is behind it. */
export const mysqlClient = ({ database: { engine }, form }: Plan) =>
  engine === 'mariadb' && form !== 'proxy' ? 'mariadb' : 'mysql'

/** The same for the command line of MySQL and of MariaDB, which know different options. */
export function mysqlTls(plan: Plan): string {
  if (plan.form === 'proxy') return '--ssl-mode=VERIFY_IDENTITY'
  const verify =
    mysqlClient(plan) === 'mariadb' ? '--ssl-verify-server-cert' : '--ssl-mode=VERIFY_IDENTITY'
  return `--ssl-ca=${homePath(caFile(plan.database.region))} ${verify}`
}
