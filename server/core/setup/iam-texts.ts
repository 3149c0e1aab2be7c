import { aws, type CliOption, inAccount, jsonText } from './aws-cli.ts'
import type { GuideText } from './guide.ts'
import type { Principal } from './plan.ts'
import { template } from './template.ts'
import { block, encoded, Expression, label, type TerraformValue } from './terraform.ts'

export type PolicyDocument = {
  readonly Version: '2012-10-17'
  readonly Statement: readonly { readonly [element: string]: TerraformValue }[]
}

type InlinePolicy = {
  /** What the files are called: `permission-policy`. */
  file: string
  principal: Principal
  policy: string
  document: PolicyDocument
  /** Where the commands run. IAM is one for all regions, but each partition has its own. */
  region: string
}

/** A policy inside of a role or user, as text, command, CloudFormation and Terraform. */
export function inlinePolicy(wish: InlinePolicy): GuideText[] {
  const { file, principal, policy, document, region } = wish
  const { kind, name, account } = principal
  const role = kind === 'role'
  return [
    { form: 'json', title: 'Policy', filename: `${file}.json`, text: `${jsonText(document)}\n` },
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: `${file}.sh`,
      text: `${inAccount(account)}\n${aws(`iam put-${kind}-policy`, [
        ['region', region],
        [`${kind}-name`, name],
        ['policy-name', policy],
        ['policy-document', jsonText(document)],
      ])}\n`,
    },
    {
      form: 'cloudformation',
      title: 'CloudFormation',
      filename: `${file}.yaml`,
      text: template([`A stack of account ${account}.`], {
        Policy: {
          Type: role ? 'AWS::IAM::RolePolicy' : 'AWS::IAM::UserPolicy',
          Properties: {
            [role ? 'RoleName' : 'UserName']: name,
            PolicyName: policy,
            PolicyDocument: document,
          },
        },
      }),
    },
    {
      form: 'terraform',
      title: 'Terraform',
      filename: `${file}.tf`,
      text: block(
        `resource "aws_iam_${kind}_policy" "${label(policy)}"`,
        { name: policy, [kind]: name, policy: encoded(document) },
        [`With a provider of account ${account}.`],
      ),
    },
  ]
}

type RoleWish = {
  file: string
  role: Principal
  description: string
  trust: PolicyDocument
  region: string
  /** What the role may do from the start. */
  inline: { name: string; document: PolicyDocument } | null
}

/** A role with its trust policy, in the same four forms. */
export function roleTexts({
  file,
  role,
  description,
  trust,
  region,
  inline,
}: RoleWish): GuideText[] {
  const resource = label(role.name)
  const command = [
    aws('iam create-role', [
      ['region', region],
      ...(role.path === '/' ? [] : [['path', role.path] satisfies CliOption]),
      ['role-name', role.name],
      ['description', description],
      ['max-session-duration', String(SESSION_SECONDS)],
      ['assume-role-policy-document', jsonText(trust)],
    ]),
    ...(inline
      ? [
          aws('iam put-role-policy', [
            ['region', region],
            ['role-name', role.name],
            ['policy-name', inline.name],
            ['policy-document', jsonText(inline.document)],
          ]),
        ]
      : []),
  ]
  const policies = inline ? [{ PolicyName: inline.name, PolicyDocument: inline.document }] : null
  return [
    {
      form: 'json',
      title: 'Trust policy',
      filename: `${file}-trust.json`,
      text: `${jsonText(trust)}\n`,
    },
    ...(inline
      ? [
          {
            form: 'json' as const,
            title: 'Policy',
            filename: `${file}-policy.json`,
            text: `${jsonText(inline.document)}\n`,
          },
        ]
      : []),
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: `${file}.sh`,
      text: `${inAccount(role.account)}\n${command.join('\n')}\n`,
    },
    {
      form: 'cloudformation',
      title: 'CloudFormation',
      filename: `${file}.yaml`,
      text: template(
        [`A stack of account ${role.account}. It asks for the capability CAPABILITY_NAMED_IAM.`],
        {
          Role: {
            Type: 'AWS::IAM::Role',
            Properties: {
              RoleName: role.name,
              Path: role.path,
              Description: description,
              MaxSessionDuration: SESSION_SECONDS,
              AssumeRolePolicyDocument: trust,
              ...(policies && { Policies: policies }),
            },
          },
        },
      ),
    },
    {
      form: 'terraform',
      title: 'Terraform',
      filename: `${file}.tf`,
      text: [
        block(
          `resource "aws_iam_role" "${resource}"`,
          {
            name: role.name,
            path: role.path,
            description,
            max_session_duration: SESSION_SECONDS,
            assume_role_policy: encoded(trust),
          },
          [`With a provider of account ${role.account}.`],
        ),
        ...(inline
          ? [
              block(`resource "aws_iam_role_policy" "${label(inline.name)}"`, {
                name: inline.name,
                role: new Expression(`aws_iam_role.${resource}.name`),
                policy: encoded(inline.document),
              }),
            ]
          : []),
      ].join('\n'),
    },
  ]
}

/** The portal asks for sessions of an hour, which is the least that AWS lets a role have as its maximum. */
const SESSION_SECONDS = 3_600
