import type { Database, Endpoint } from '../catalog/catalog.ts'
import type { Found, Inventory } from '../inventory/found.ts'
import type { Step } from './finding.ts'
import { cannot, failed, ok, warning } from './step.ts'

type Known = { step: Step; found: Found | undefined }

/** Of these RDS lets nobody in, whatever else is right (RDS user guide, "Viewing DB instance status"). */
const SHUT =
  /^(stopp(ed|ing)|deleting|failed|inaccessible-|restore-error|storage-full|incompatible-)/

/** Whether AWS knows the database as the catalog has it: resource id, region and endpoint. */
export function checkInventory(
  inventory: Inventory,
  database: Database,
  endpoint: Endpoint,
  now: Date,
): Known {
  const { account, region, resource } = database
  const place = inventory.places.find((each) => each.account === account && each.region === region)
  const found = inventory.found.find(
    (each) => each.account === account && each.region === region && each.resource === resource,
  )
  const elsewhere = whoHas(inventory, database, endpoint)
  if (!found && elsewhere) return { step: contradicted(database, endpoint, elsewhere), found }
  if (!place || place.readAt === null) return { step: unread(database, place?.fault), found }
  if (!found) return { step: absent(database, place.missing), found }

  const what = `${found.kind} ${found.identifier}, ${found.status}`
  const seen = `AWS described it ${age(now, place.readAt)} ago`
  if (!hasHost(found, endpoint)) {
    const step = elsewhere
      ? contradicted(database, endpoint, elsewhere)
      : failed(
          'inventory',
          'endpoint_unknown',
          `The ${what} has no endpoint ${endpoint.signing.host}:${endpoint.signing.port}. ${seen}.`,
          `Its endpoints are ${found.endpoints.map(({ host, port }) => `${host}:${port}`).join(', ')}. Write one of them in the catalog.`,
        )
    return { step, found }
  }
  if (SHUT.test(found.status))
    return {
      step: failed(
        'inventory',
        found.status,
        `RDS says of the ${found.kind} ${found.identifier} that it is ${found.status}. ${seen}.`,
        found.status === 'stopped' ? 'Start it.' : 'Look at it in the RDS console.',
      ),
      found,
    }
  const text = `AWS knows it as the ${what}. ${seen}.`
  return { step: place.fault ? old(text, place.fault) : ok('inventory', text), found }
}

/** Whoever has this endpoint's address under another resource id, or in another region. */
const whoHas = (
  { found }: Inventory,
  { account, region, resource }: Database,
  endpoint: Endpoint,
) =>
  found.find(
    (each) =>
      each.account === account &&
      (each.region !== region || each.resource !== resource) &&
      hasHost(each, endpoint),
  )

const hasHost = ({ endpoints }: Found, { signing }: Endpoint) =>
  endpoints.some(({ host, port }) => host.toLowerCase() === signing.host && port === signing.port)

function contradicted({ region, resource }: Database, endpoint: Endpoint, has: Found): Step {
  const moved = has.region !== region
  return failed(
    'inventory',
    moved ? 'other_region' : 'other_resource',
    moved
      ? `${endpoint.signing.host} is served from ${has.region} by ${has.resource}; the catalog has ${region}. A token is signed for one region, and opens nothing in another.`
      : `${endpoint.signing.host} belongs to ${has.resource} now; the catalog has ${resource}, as after a restore.`,
    `Write region: ${has.region} and resource: ${has.resource} in the catalog, and allow rds-db:connect on that resource in the teams' roles.`,
  )
}

const unread = (
  { account, region }: Database,
  fault: { message: string; mend: string } | null = null,
) =>
  fault
    ? cannot(
        'inventory',
        'unread',
        `AWS was not read for ${account} in ${region}: ${fault.message}`,
        fault.mend,
      )
    : cannot(
        'inventory',
        'no_inventory',
        `The portal has no role that may describe RDS in the account ${account} and ${region}.`,
        `Name one under inventory: in the catalog, with ${region} among its regions.`,
      )

const absent = ({ account, region, resource }: Database, missing: readonly string[]) =>
  missing.length > 0
    ? cannot(
        'inventory',
        'partly_read',
        `${resource} is not among what the portal may see in ${account} and ${region}.`,
        `Allow the inventory role ${missing.join(', ')}.`,
      )
    : failed(
        'inventory',
        'not_found',
        `In the account ${account} and ${region} there is no ${resource}.`,
        'Compare resource, account and region in the catalog with the RDS console: a restored database has a new resource id.',
      )

const old = (text: string, fault: { message: string; mend: string }) =>
  warning('inventory', 'old', `${text} It could not be read again: ${fault.message}`, fault.mend)

/** Whether it takes tokens. What a maintenance window will change is told apart. */
export function checkIam(found: Found | undefined): Step {
  if (!found)
    return cannot(
      'iam',
      null,
      'Only AWS can say it, and the inventory does not know the database.',
      null,
    )
  const { on, pending } = found.iam
  if (found.kind === 'proxy' && !on)
    return failed(
      'iam',
      'off',
      `The proxy ${found.identifier} does not ask for IAM authentication.`,
      'Set IAMAuth of its client authentication to REQUIRED.',
    )
  if (!on)
    return failed(
      'iam',
      pending ? 'pending' : 'off',
      pending
        ? `IAM authentication of ${found.identifier} is off until its maintenance window: the change waits.`
        : `IAM authentication of ${found.identifier} is off, so it takes no token.`,
      `Run: ${turnOn(found)}`,
    )
  return pending === false
    ? warning(
        'iam',
        'ends',
        `IAM authentication of ${found.identifier} is on, and will be off after its maintenance window.`,
        `To keep it on, run: ${turnOn(found)}`,
      )
    : ok('iam', `IAM authentication of ${found.identifier} is on.`)
}

const turnOn = ({ kind, identifier, region }: Found) =>
  `aws rds modify-db-${kind} --db-${kind}-identifier ${identifier} --enable-iam-database-authentication --apply-immediately --region ${region}`

function age(now: Date, then: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - then.getTime()) / 60_000))
  if (minutes < 1) return 'less than a minute'
  if (minutes === 1) return 'a minute'
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
