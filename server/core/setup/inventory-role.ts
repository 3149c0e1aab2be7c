import type { GuideStep } from './guide.ts'
import { type PolicyDocument, roleTexts } from './iam-texts.ts'
import { inventoryRole, type Plan } from './plan.ts'

/** The portal looks around as itself: for an inventory there is nobody to name. */
export const inventoryTrust = ({ portal, team }: Plan): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'LatchkeyLooks',
      Effect: 'Allow',
      Principal: { AWS: portal.arn },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Condition: { StringEquals: { 'sts:ExternalId': team.externalId } },
    },
  ],
})

/** Reads descriptions, never data: most of these actions know no resource, so `*` is all that can be written. */
export const inventoryPolicy = ({ role }: Plan): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'LatchkeyInventory',
      Effect: 'Allow',
      Action: [
        'rds:DescribeCertificates',
        'rds:DescribeDBClusterEndpoints',
        'rds:DescribeDBClusters',
        'rds:DescribeDBInstances',
        'rds:DescribeDBProxies',
        'rds:DescribeDBProxyEndpoints',
        'rds:DescribeGlobalClusters',
        'rds:ListTagsForResource',
      ],
      Resource: '*',
    },
    {
      Sid: 'LatchkeyReadsItsRole',
      Effect: 'Allow',
      Action: [
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:SimulatePrincipalPolicy',
      ],
      Resource: role.arn,
    },
  ],
})

export const INVENTORY_POLICY = 'latchkey-inventory'

export const inventoryStep = (plan: Plan): GuideStep => ({
  id: 'inventory-role',
  title: 'Let Latchkey look around (optional)',
  why:
    'With this read-only role Latchkey follows the database by itself: endpoints, resource id and engine, also after a restore or a failover, ' +
    'and it can say why a connection fails. It reads what RDS says of databases, and of this role what IAM says. It can change nothing and open nothing.',
  where: 'aws',
  warnings: [
    `One for each account: if account ${plan.database.account} has it already, leave this step out.`,
    'Actions that you take out are named on the page as missing; the others go on.',
  ],
  texts: roleTexts({
    file: 'inventory-role',
    role: inventoryRole(plan),
    description: 'Latchkey reads descriptions of databases',
    trust: inventoryTrust(plan),
    region: plan.database.region,
    inline: { name: INVENTORY_POLICY, document: inventoryPolicy(plan) },
  }),
  check: 'Setup in Latchkey shows the account with the time of its newest reading.',
})
