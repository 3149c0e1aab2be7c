import { ACCOUNT_ID, ROLES, roleArn } from './account.ts'
import { DATABASES, INVOICES } from './databases.ts'

/**
 * @param doorOf the port on loopback that stands for this host
 * @param withInvoices where there is a MariaDB for it
 * @returns the text of `latchkey.yaml`
 */
export function labCatalog(doorOf: (host: string) => number, withInvoices = false): string {
  const invoices = withInvoices
    ? databaseText('invoices', 'production', 'What customers were billed, kept in MariaDB', doorOf)
    : ''
  return `# The catalog of the demo: who may reach what. It is written anew at each start.
# Each endpoint is a real RDS name, for which tokens are signed; \`dial\` is where its stand-in on this machine listens.
admins: [platform-admins]
auditors: [security]

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
${databaseText('orders', 'production', 'Orders, their lines and the customers who placed them', doorOf)}
${databaseText('orders-staging', 'staging', 'A copy of orders to try things on', doorOf)}
${databaseText('shipments', 'production', 'What left the warehouse, and when it arrived', doorOf)}
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
${withInvoices ? INVOICES_RULE : ''}`
}

const INVOICES_RULE = `  - team: payments
    databases: [invoices]
    user: invoices_reader
    duration: 8h
`

function databaseText(
  name: string,
  environment: string,
  description: string,
  doorOf: (host: string) => number,
): string {
  const database = [...DATABASES, INVOICES].find((candidate) => candidate.name === name)
  if (!database) throw new Error(`the lab has no database ${name}`)
  const endpoints = database.endpoints.map(
    (endpoint) =>
      `      ${endpoint.name}: { host: "${endpoint.host}:${database.port}", dial: "127.0.0.1:${doorOf(endpoint.host)}" }`,
  )
  return `  ${name}:
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
