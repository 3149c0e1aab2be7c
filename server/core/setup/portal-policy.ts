import type { GuideStep } from './guide.ts'
import { inlinePolicy, type PolicyDocument } from './iam-texts.ts'
import { inventoryRole, type Plan } from './plan.ts'

/** What the portal itself may do: become the role for somebody, and look around. It can open no database by itself. */
export const portalPolicy = (plan: Plan): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'LatchkeyAssume',
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Resource: [plan.role.arn, inventoryRole(plan).arn],
    },
  ],
})

/** Both are named for the account and team, so that the next database of the team writes the same policy again. */
export const portalPolicyName = ({ database, team }: Plan) =>
  `latchkey-${team.name}-${database.account}`

export const portalStep = (plan: Plan): GuideStep => ({
  id: 'portal-policy',
  title: 'Let the portal assume the role',
  why:
    `${plan.portal.arn} is what Latchkey runs as. It may assume the role of the team and the inventory's role, set for whom, and nothing else: ` +
    'whoever takes over the portal finds no right to connect on it.',
  where: 'aws',
  warnings: [
    ...(plan.portal.account === plan.role.account
      ? []
      : [
          `This one runs in account ${plan.portal.account}, where the portal is; the other steps run in account ${plan.role.account}.`,
        ]),
    ...(plan.portal.kind === 'user'
      ? [
          'The portal runs as an IAM user, whose key does not end. A role of its host needs no key at all.',
        ]
      : []),
  ],
  texts: inlinePolicy({
    file: 'portal-policy',
    principal: plan.portal,
    policy: portalPolicyName(plan),
    document: portalPolicy(plan),
    region: plan.database.region,
  }),
  check: 'The page Health of Latchkey says of each role whether it can be assumed.',
})
