import { ACCOUNT_ID, INVENTORY_EXTERNAL_ID, INVENTORY_ROLE, ROLES, roleArn } from './account.ts'
import { DATABASES, type LabDatabase } from './databases.ts'

/**
 * @param doorOf the port on loopback that stands for this host
 * @param databases those that are there: `invoices` is where there is a MariaDB for it
 * @returns the text of `latchkey.yaml`
 */
export function labCatalog(
  doorOf: (host: string) => number,
  databases: readonly LabDatabase[] = DATABASES,
): string {
  const textOf = (name: string, environment: string, description: string) => {
    const database = databases.find((it) => it.name === name)
    return database ? databaseText(database, environment, description, doorOf) : ''
  }
  const invoices = textOf('invoices', 'production', 'What customers were billed, kept in MariaDB')
  return `# The catalog of the demo: who may reach what. It is written anew at each start.
# Each endpoint is a real RDS name, for which tokens are signed; \`dial\` is where its stand-in on this machine listens.
admins: [platform-admins]
auditors: [security]

inventory:
  - role: ${INVENTORY_ROLE}
    externalId: ${INVENTORY_EXTERNAL_ID}
    regions: [eu-west-1, eu-central-1]

teams:
  payments:
    groups: [payments-engineers]
    roles:
      - arn: ${roleArn('payments')}
        externalId: ${ROLES.payments.externalId}
  logistics:
    groups: [logistics-engineers]
    roles:
      - arn: ${roleArn('logistics')}
        externalId: ${ROLES.logistics.externalId}

databases:
${textOf('orders', 'production', 'Orders, their lines and the customers who placed them')}
${textOf('orders-staging', 'staging', 'A copy of orders to try things on')}
${textOf('shipments', 'production', 'What left the warehouse, and when it arrived')}
${invoices}access:
  - team: payments
    databases: [orders, orders-staging]
    user: orders_reader
    duration: 8h
  - team: payments
    databases: [orders-staging]
    user: orders_writer
    duration: 8h
  - team: payments
    databases: [orders]
    user: orders_writer
    duration: 1h
    reason: required
    approval: { groups: [payments-leads], count: 1 }
    emergency: { duration: 30m }
  - team: logistics
    databases: [shipments]
    user: shipments_reader
    duration: 8h
  - team: logistics
    databases: [shipments]
    user: shipments_writer
    duration: 2h
    reason: required
${invoices && INVOICES_RULE}`
}

const INVOICES_RULE = `  - team: payments
    databases: [invoices]
    user: invoices_reader
    duration: 8h
`

function databaseText(
  database: LabDatabase,
  environment: string,
  description: string,
  doorOf: (host: string) => number,
): string {
  const endpoints = database.endpoints.map(
    (endpoint) =>
      `      ${endpoint.name}: { host: "${endpoint.host}:${database.port}", dial: "127.0.0.1:${doorOf(endpoint.host)}" }`,
  )
  return `  ${database.name}:
    engine: ${database.engine}
    account: "${ACCOUNT_ID}"
    region: ${database.region}
    resource: ${database.resource}
    dbname: ${database.dbname}
    environment: ${environment}
    description: ${description}
    endpoints:
${endpoints.join('\n')}
`
}
