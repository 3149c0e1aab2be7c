import { isMap } from 'yaml'
import type { Address, Endpoint } from './catalog.ts'
import { parseRdsHost } from './endpoint.ts'
import { HOST_PORT, mendHostPort, parseHostPort } from './host-port.ts'
import type { Reader } from './reader.ts'
import { dnsSuffixOf } from './region.ts'
import { reachFault } from './resource.ts'
import { refine, type Shape } from './shape.ts'
import type { Named } from './shape-list.ts'
import { object } from './shape-object.ts'
import { text } from './shape-text.ts'
import type { At } from './spot.ts'
import { quote } from './visible.ts'

/** The ports that RDS gives to databases (RDS API, CreateDBInstance, Port). */
const LEAST_PORT = 1150

const EXAMPLE = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com:5432'

const address = (about: string, example: string): Shape<Address> =>
  refine(
    text({
      about,
      examples: [example],
      longest: 260,
      pattern: HOST_PORT,
      fault: 'is not host:port',
      mend: mendHostPort,
    }),
    (written) => {
      const value = parseHostPort(written)
      return value
        ? { value }
        : { message: `${quote(written)} is not host:port`, mend: mendHostPort(written) }
    },
  )

const host = address('The RDS endpoint, with its port. Tokens are signed for it.', EXAMPLE)
const tunnelled = object(
  {
    about: 'An RDS endpoint that is reached through a tunnel or under another name.',
    example: `{ host: "${EXAMPLE}", dial: "localhost:15432" }`,
  },
  {
    host: { shape: host, need: `"${EXAMPLE}"` },
    dial: {
      shape: address(
        'Where clients connect instead: a tunnel, a name of your own.',
        'localhost:15432',
      ),
    },
  },
)

type ReadEndpoint = { signing: At<Address> | undefined; dial: At<Address> | undefined }

/** `host:port`, or a mapping with the `dial` beside it. */
export const endpoint: Shape<ReadEndpoint> = {
  schema: { anyOf: [host.schema, tunnelled.schema] },
  read(reader, spot) {
    if (isMap(spot.node)) {
      const read = tunnelled.read(reader, spot)
      return read && { signing: read.host, dial: read.dial }
    }
    const value = host.read(reader, spot)
    return { signing: value && { value, spot }, dial: undefined }
  },
}

type Where = { region: string | undefined; resource: string | undefined }

/** The endpoints of one database; undefined when one of them is wrong or cannot be judged yet. */
export function checkEndpoints(
  reader: Reader,
  found: Named<ReadEndpoint> | undefined,
  where: Where,
): Endpoint[] | undefined {
  if (!found) return undefined
  const endpoints = [...found].map(([name, { at }]): Endpoint | undefined => {
    const signing = at?.value.signing
    const kind = signing && checkHost(reader, signing, where)
    const dial = at?.value.dial ?? signing
    return signing && kind && dial && { name, kind, signing: signing.value, dial: dial.value }
  })
  return endpoints.every((one) => one !== undefined) ? endpoints : undefined
}

/** The kind of the endpoint when a token for it can open the database that is described around it. */
function checkHost(reader: Reader, { value, spot }: At<Address>, { region, resource }: Where) {
  const rds = parseRdsHost(value.host)
  if (!rds)
    return reader.tell(
      spot,
      `${quote(value.host)} is not an RDS endpoint`,
      `write the endpoint that RDS shows; a name of your own goes beside it: { host: "…rds.amazonaws.com:${value.port}", dial: "${value.host}:${value.port}" }`,
    )
  if (value.port < LEAST_PORT)
    return reader.tell(
      spot,
      `port ${value.port} is none that RDS gives to a database`,
      `write a port from ${LEAST_PORT} to 65535; the port of a tunnel goes to dial`,
    )
  if (region === undefined) return undefined
  if (rds.suffix !== dnsSuffixOf(region) || (rds.region !== null && rds.region !== region))
    return reader.tell(
      spot,
      `${quote(value.host)} is in ${rds.region ?? 'another partition'}, the database in ${region}`,
      'write the endpoint of this database, or mend its region',
    )
  const fault = resource === undefined ? undefined : reachFault(resource, rds.kind)
  return fault ? reader.tell(spot, ...fault) : rds.kind
}
