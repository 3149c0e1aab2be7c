import type { Endpoint } from '../catalog/catalog.ts'
import { addressCommand, tunnelOf } from '../connect/tunnel.ts'
import type { Plan } from './plan.ts'

/** The endpoint that the guide connects to: the usual one. */
export function usualEndpoint({ database }: Plan): Endpoint {
  const [first] = database.endpoints
  if (!first) throw new Error(`the plan of ${database.name} has no endpoint`)
  return first
}

/** Where libpq connects to and whose name it verifies, as its environment: through a tunnel these are two. */
export function postgresWay(plan: Plan): string {
  const endpoint = usualEndpoint(plan)
  const tunnel = tunnelOf(endpoint)
  const address =
    tunnel && ('address' in tunnel ? tunnel.address : `"${addressCommand(tunnel.name)}"`)
  return [
    `PGHOST=${endpoint.signing.host}`,
    ...(address === undefined ? [] : [`PGHOSTADDR=${address}`]),
    `PGPORT=${endpoint.dial.port}`,
  ].join(' ')
}

/** The clients of MySQL verify the name that they dial, so they dial that one, also where it has to be led through a tunnel. */
export function mysqlWay(plan: Plan): string {
  const { signing, dial } = usualEndpoint(plan)
  return `--host=${signing.host} --port=${dial.port}`
}

/** What the clients of MySQL need before they can go through the tunnel; null where there is none. */
export function tunnelWarning(plan: Plan): string | null {
  const { signing, dial } = usualEndpoint(plan)
  if (!tunnelOf({ signing, dial })) return null
  return `The client verifies the name that it connects to: lead ${signing.host} to ${dial.host} in /etc/hosts, and take it out again afterwards.`
}
