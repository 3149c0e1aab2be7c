import type { GuideStep } from './guide.ts'
import { inlinePolicy, type PolicyDocument } from './iam-texts.ts'
import { connectArns, type Plan, policyName } from './plan.ts'

/** Opens these database users of this database, and nothing else. Without conditions: `rds-db:connect` supports next to none. */
export const permissionPolicy = (plan: Plan): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'LatchkeyConnect',
      Effect: 'Allow',
      Action: 'rds-db:connect',
      Resource: connectArns(plan),
    },
  ],
})

const STAR =
  'A * in place of the resource id would be one policy for every database of the region, replicas and restored ' +
  'backups among them, and would open every one of them that has a database user of that name. This policy names the one that you mean.'

const REPLICAS =
  'A read replica of an instance, a restored backup and a clone have resource ids of their own: each needs an ARN of its own here. ' +
  'The readers of an Aurora cluster share the id of the cluster.'

const GLOBAL =
  'Of a global database each member cluster has an id and a region of its own. Write this policy for each member, or nobody gets in after a switchover.'

/** What the role of the team may do. */
export const permissionStep = (plan: Plan): GuideStep => ({
  id: 'permission-policy',
  title: 'Let the role connect',
  why:
    `The role may open ${plan.users.length === 1 ? 'one database user' : `${plan.users.length} database users`} of ${plan.database.name}. ` +
    'The action is rds-db:connect; what begins with rds: is the management of RDS, and opens no database. ' +
    'AWS asks this policy at each connection, so taking it away stops tokens that were given already, some minutes later.',
  where: 'aws',
  warnings: [
    STAR,
    ...(plan.form === 'proxy' ? [PROXY] : [REPLICAS]),
    ...(plan.form === 'cluster' && plan.database.engine.startsWith('aurora-') ? [GLOBAL] : []),
    ...(plan.users.some(({ name }) => /[*?$]/.test(name)) ? [ESCAPED] : []),
  ],
  texts: inlinePolicy({
    file: 'permission-policy',
    principal: plan.role,
    policy: policyName(plan),
    document: permissionPolicy(plan),
    region: plan.database.region,
  }),
  check:
    'Paste the policy of the role into the policy reader of Latchkey: it says which database users it opens, and on which databases.',
})

const PROXY =
  'This is the ARN of the proxy: it opens the proxy and nothing behind it. With end-to-end IAM the role of the proxy itself needs rds-db:connect on the cluster or instance behind it.'

const ESCAPED =
  '* ? and $ are written ${*} ${?} and ${$}: as they are they would be wildcards and variables of the policy language, and open other database users too.'
