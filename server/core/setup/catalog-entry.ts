import { stringify } from 'yaml'
import type { Address, Endpoint } from '../catalog/catalog.ts'
import type { GuideStep } from './guide.ts'
import type { Plan } from './plan.ts'

/** The database, the team and its rules as `latchkey.yaml` has them: a whole catalog, from which an existing one takes what it lacks. */
export function catalogEntry({ database, team, role, users }: Plan): string {
  const { name, engine, account, region, resource, dbname, endpoints } = database
  const entry = {
    teams: {
      [team.name]: {
        groups: team.groups,
        roles: [{ arn: role.arn, externalId: team.externalId }],
      },
    },
    databases: {
      [name]: {
        engine,
        account,
        region,
        resource,
        dbname,
        endpoints: Object.fromEntries(
          endpoints.map((endpoint) => [endpoint.name, endpointEntry(endpoint)]),
        ),
      },
    },
    access: users.map(({ name: user, duration, approvalGroups }) => ({
      team: team.name,
      databases: [name],
      user,
      duration,
      ...(approvalGroups.length > 0 && {
        reason: 'required',
        approval: { groups: approvalGroups, count: 1 },
      }),
    })),
  }
  return stringify(entry, { lineWidth: 0, aliasDuplicateObjects: false })
}

const endpointEntry = ({ signing, dial }: Endpoint) =>
  text(dial) === text(signing) ? text(signing) : { host: text(signing), dial: text(dial) }

const text = ({ host, port }: Address) => `${host}:${port}`

export const catalogStep = (plan: Plan): GuideStep => ({
  id: 'catalog-entry',
  title: 'Write it into the catalog',
  why:
    'The catalog says who may ask for what; until it does, nobody gets a token. ' +
    'Latchkey reads the file again when it changes, and refuses it as a whole if there is a mistake in it.',
  where: 'catalog',
  warnings: [
    'These are parts of a file: put each under the key of the same name that is there already. A team that is there gets the new role, if it has none in this account.',
    'An external id is no secret, but make it your own: uuidgen.',
  ],
  texts: [
    {
      form: 'yaml',
      title: 'For latchkey.yaml',
      filename: 'catalog-entry.yaml',
      text: catalogEntry(plan),
    },
  ],
  check: `latchkey check latchkey.yaml says that the file is good; ${plan.database.name} is then under Databases for ${plan.team.name}.`,
})
