import type { GuideStep } from './guide.ts'
import { type PolicyDocument, roleTexts } from './iam-texts.ts'
import type { Plan } from './plan.ts'

/**
 * Lets the portal in, with the external id, and only for somebody: a session without a source identity is refused
 * (IAM user guide, "Monitor and control actions taken with assumed roles"). Both actions are one call of AssumeRole.
 */
export const trustPolicy = ({ portal, team }: Plan): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'LatchkeyForSomebody',
      Effect: 'Allow',
      Principal: { AWS: portal.arn },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Condition: {
        StringEquals: { 'sts:ExternalId': team.externalId },
        StringLike: { 'sts:SourceIdentity': '*' },
      },
    },
  ],
})

/** The role of the team, which may do nothing until the next step. */
export const roleStep = (plan: Plan): GuideStep => ({
  id: 'role',
  title: `Make the role of ${plan.team.name}`,
  why:
    'Latchkey assumes this role when somebody of the team is given a token, and signs with the session. ' +
    'Nobody else is let in: the trust policy names the portal, asks for the external id, and asks for whom. ' +
    'A person needs no IAM user and no access key.',
  where: 'aws',
  warnings: [
    'If the team has this role already, because of another database, leave this step out: one role for each team and account.',
    ...(plan.portal.account === plan.role.account
      ? []
      : [
          `The portal is in account ${plan.portal.account}: its own policy, two steps on, has to allow this too.`,
        ]),
  ],
  texts: roleTexts({
    file: 'role',
    role: plan.role,
    description: `Latchkey signs RDS tokens for the team ${plan.team.name}`,
    trust: trustPolicy(plan),
    region: plan.database.region,
    inline: null,
  }),
  check: `aws iam get-role --role-name ${plan.role.name} --query Role.AssumeRolePolicyDocument shows the trust policy. The page Health of Latchkey tries that the role is refused without its external id.`,
})
