import { isMySql } from '../catalog/catalog.ts'
import { aws, inAccount } from './aws-cli.ts'
import { runSql } from './database-user.ts'
import { modify } from './enable-iam.ts'
import type { GuideStep } from './guide.ts'
import { INVENTORY_POLICY } from './inventory-role.ts'
import { mysqlTakeAwaySql } from './mysql-user.ts'
import { inventoryRole, type Plan, policyName, type Principal } from './plan.ts'
import { portalPolicyName } from './portal-policy.ts'
import { postgresTakeAwaySql } from './postgres-user.ts'
import { ingressCommand } from './security-group.ts'

const BY_STACK =
  'What CloudFormation made goes with its stack, and what Terraform made with its resource: then leave this text out.'

/** The way back to the first state: who may come in goes first, so that nothing is left open in between. */
export const takeAwaySteps = (plan: Plan): GuideStep[] =>
  [
    catalogStep(plan),
    databaseStep(plan),
    policyStep(plan),
    roleStep(plan),
    portalStep(plan),
    inventoryStep(plan),
    networkStep(plan),
    disableStep(plan),
  ].filter((step) => step !== null)

const catalogStep = ({ database: { name } }: Plan): GuideStep => ({
  id: 'catalog-entry',
  title: 'Take it out of the catalog',
  why: 'From the moment that the file is read, nobody gets a token. Sessions that are open go on until the next step.',
  where: 'catalog',
  warnings: [
    `Rules first: take ${name} out of databases: in each rule under access:, then out of databases:. A team without a rule, and a role without a database, can go too.`,
  ],
  texts: [],
  check: 'latchkey check latchkey.yaml says that the file is good.',
})

function databaseStep(plan: Plan): GuideStep {
  const my = isMySql(plan.database.engine)
  return {
    id: 'database-user',
    title: `Take the database user${plan.users.length === 1 ? '' : 's'} away`,
    why: 'A token opens no connection for a user that is not there, whatever IAM says. Sessions that are open end.',
    where: 'database',
    warnings: my
      ? ['Dropping a user ends none of its sessions: run the lines that the query prints.']
      : [
          'DROP ROLE is refused while the user owns something or holds a right that this guide did not give, here or in another database of the cluster. ' +
            'Do not grant the user to the administrator to get around it while it holds rds_iam: that would take the password of the administrator away.',
        ],
    texts: [
      {
        form: 'sql',
        title: my ? 'SQL for MySQL and MariaDB' : 'SQL for PostgreSQL',
        filename: 'take-away-users.sql',
        text: my ? mysqlTakeAwaySql(plan) : postgresTakeAwaySql(plan),
      },
      {
        form: 'shell',
        title: 'Run it',
        filename: 'take-away-users.sh',
        text: runSql(plan, 'take-away-users.sql'),
      },
    ],
    check: my ? 'SHOW CREATE USER knows none of them.' : '\\du names none of them.',
  }
}

const policyStep = (plan: Plan): GuideStep => ({
  id: 'permission-policy',
  title: 'Take the right to connect away',
  why: 'The role opens this database no more. Tokens that were given already stop too, some minutes later.',
  where: 'aws',
  warnings: [BY_STACK],
  texts: [
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: 'take-away-permission-policy.sh',
      text: `${inAccount(plan.role.account)}\n${deletePolicy(plan.role, policyName(plan), plan.database.region)}\n`,
    },
  ],
  check: `aws iam list-role-policies --role-name ${plan.role.name} does not name ${policyName(plan)}.`,
})

const roleStep = (plan: Plan): GuideStep => ({
  id: 'role',
  title: `Take the role of ${plan.team.name} away`,
  why: 'Nobody can become what is not there.',
  where: 'aws',
  warnings: [
    'Only if the team has no other database in this account: IAM refuses while another policy is in the role.',
    BY_STACK,
  ],
  texts: [
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: 'take-away-role.sh',
      text: `${inAccount(plan.role.account)}\n${deleteRole(plan.role, plan.database.region)}\n`,
    },
  ],
  check: `aws iam get-role --role-name ${plan.role.name} answers NoSuchEntity.`,
})

const portalStep = (plan: Plan): GuideStep => ({
  id: 'portal-policy',
  title: 'Take the portal’s right to assume the role away',
  why: 'A role that is made again under the same name would be open to the portal otherwise.',
  where: 'aws',
  warnings: [
    'Only if the role and the inventory’s role of this account are gone: the policy names both.',
    BY_STACK,
  ],
  texts: [
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: 'take-away-portal-policy.sh',
      text: `${inAccount(plan.portal.account)}\n${deletePolicy(plan.portal, portalPolicyName(plan), plan.database.region)}\n`,
    },
  ],
  check: `aws iam list-${plan.portal.kind}-policies --${plan.portal.kind}-name ${plan.portal.name} does not name ${portalPolicyName(plan)}.`,
})

function inventoryStep(plan: Plan): GuideStep {
  const role = inventoryRole(plan)
  const { region } = plan.database
  return {
    id: 'inventory-role',
    title: 'Take the inventory’s role away',
    why: 'Latchkey sees nothing of the account any more.',
    where: 'aws',
    warnings: ['Only if no other database of this account is in the catalog.', BY_STACK],
    texts: [
      {
        form: 'cli',
        title: 'AWS CLI',
        filename: 'take-away-inventory-role.sh',
        text: `${inAccount(role.account)}\n${deletePolicy(role, INVENTORY_POLICY, region)} &&\n${deleteRole(role, region)}\n`,
      },
    ],
    check: `aws iam get-role --role-name ${role.name} answers NoSuchEntity.`,
  }
}

function networkStep(plan: Plan): GuideStep | null {
  const text = ingressCommand(plan, 'revoke')
  if (text === '') return null
  return {
    id: 'security-group',
    title: 'Close the port again',
    why: 'Who has no business with the database should not reach it.',
    where: 'aws',
    warnings: ['Others may use the same rule by now.', BY_STACK],
    texts: [{ form: 'cli', title: 'AWS CLI', filename: 'take-away-security-group.sh', text }],
    check: 'nc -vz from where people are says that the port does not answer.',
  }
}

/** A proxy keeps asking for tokens: turning that off would let passwords in. */
function disableStep(plan: Plan): GuideStep | null {
  const { form, database } = plan
  if (form === 'proxy') return null
  return {
    id: 'enable-iam',
    title: `Turn IAM authentication off for the ${form}`,
    why: 'Only if it was off before, and nobody else signs in by token.',
    where: 'aws',
    warnings: [
      'Programs with a role of their own, and other teams, may sign in by token: the first query of the SQL for the database users names who does.',
    ],
    texts: [
      {
        form: 'cli',
        title: 'AWS CLI',
        filename: 'disable-iam.sh',
        text: `${inAccount(database.account)}\n${modify(plan, form, 'no-enable-iam-database-authentication')}\n`,
      },
    ],
    check: 'IAMDatabaseAuthenticationEnabled says false.',
  }
}

const deletePolicy = ({ kind, name }: Principal, policy: string, region: string) =>
  aws(`iam delete-${kind}-policy`, [
    ['region', region],
    [`${kind}-name`, name],
    ['policy-name', policy],
  ])

const deleteRole = ({ name }: Principal, region: string) =>
  aws('iam delete-role', [
    ['region', region],
    ['role-name', name],
  ])
