import { accessRule } from './access-rule.ts'
import { database } from './database.ts'
import { groups } from './group.ts'
import { inventory } from './inventory.ts'
import { list, named } from './shape-list.ts'
import { object } from './shape-object.ts'
import { team } from './team.ts'

/** The whole file. */
export const catalogFile = object(
  {
    about: 'Who may open which database of Amazon RDS, as which database user, on which terms.',
    example: 'teams:, databases: and access:',
  },
  {
    admins: {
      shape: groups('Whoever is in one of these SSO groups administers the portal.', {
        filled: false,
      }),
    },
    auditors: {
      shape: groups('Whoever is in one of these SSO groups may read and export the audit log.', {
        filled: false,
      }),
    },
    teams: {
      shape: named(team, { about: 'The teams, by name.', example: '{} or a team by its name' }),
      need: '{} or a team by its name',
    },
    inventory: { shape: inventory },
    databases: {
      shape: named(database, {
        about: 'The databases, by name.',
        example: '{} or a database by its name',
      }),
      need: '{} or a database by its name',
    },
    access: {
      shape: list(accessRule, { about: 'The access rules.', example: '[] or a list of rules' }),
      need: '[] or a list of rules',
    },
  },
)
