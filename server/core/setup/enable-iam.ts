import { isMySql } from '../catalog/catalog.ts'
import { aws, type CliOption, inAccount } from './aws-cli.ts'
import type { GuideStep, GuideText } from './guide.ts'
import type { Plan } from './plan.ts'
import { template } from './template.ts'
import { block, label } from './terraform.ts'

/** How RDS and the two tools call an instance and a cluster. */
export const KINDS = {
  instance: {
    command: 'db-instance',
    option: 'db-instance-identifier',
    list: 'DBInstances',
    name: 'DBInstanceIdentifier',
    resource: 'DbiResourceId',
    stack: 'AWS::RDS::DBInstance',
    terraform: 'aws_db_instance',
  },
  cluster: {
    command: 'db-cluster',
    option: 'db-cluster-identifier',
    list: 'DBClusters',
    name: 'DBClusterIdentifier',
    resource: 'DbClusterResourceId',
    stack: 'AWS::RDS::DBCluster',
    terraform: 'aws_rds_cluster',
  },
} as const

/** Turns IAM authentication on: it is off in each database that nobody turned it on for. */
export function enableStep(plan: Plan): GuideStep {
  const { database, form } = plan
  return {
    id: 'enable-iam',
    title: `Turn IAM authentication on for the ${form}`,
    why:
      form === 'proxy'
        ? 'Between client and proxy a token counts only where the proxy asks for one, and only over TLS.'
        : 'It is off until it is turned on, and a database that has it off answers a token as it answers a wrong password. ' +
          'Users with a password keep it; only users that are made for tokens use tokens.',
    where: 'aws',
    warnings: form === 'proxy' ? PROXY_WARNINGS : warningsOf(plan),
    texts: form === 'proxy' ? proxyTexts(plan) : textsOf(plan, form),
    check:
      form === 'proxy'
        ? `aws rds describe-db-proxies --region ${database.region} --db-proxy-name ${plan.identifier} --query 'DBProxies[0].[RequireTLS,DefaultAuthScheme,Auth[].IAMAuth]' says true and REQUIRED, or IAM_AUTH.`
        : `aws rds describe-${KINDS[form].command}s --region ${database.region} --${KINDS[form].option} ${plan.identifier} --query '${KINDS[form].list}[0].[IAMDatabaseAuthenticationEnabled,${KINDS[form].resource}]' says true, and ${database.resource}.`,
  }
}

function warningsOf({ database: { engine }, form }: Plan): string[] {
  return [
    'With --apply-immediately it is on within minutes, without a restart. Without it, it waits for the maintenance window, ' +
      'and so does nothing until then. Changes that wait for that window already are applied along with it: look at PendingModifiedValues first.',
    'Each new connection by token costs the database some memory, 300 to 1000 MiB for the feature in all, and more than 200 of them a second are throttled.',
    ...(form === 'cluster' && engine.startsWith('aurora-')
      ? ['It is turned on for the cluster, and counts for each instance in it.']
      : []),
    ...(isMySql(engine) ? [] : ['It needs TLS in the server, which RDS has on (parameter ssl).']),
  ]
}

function textsOf(plan: Plan, form: keyof typeof KINDS): GuideText[] {
  const { database, identifier } = plan
  const kind = KINDS[form]
  return [
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: 'enable-iam.sh',
      text: `${inAccount(database.account)}\n${modify(plan, form, 'enable-iam-database-authentication')}\n`,
    },
    {
      form: 'cloudformation',
      title: 'CloudFormation',
      filename: 'enable-iam.yaml',
      text: template(
        [
          `Add the property to the template that owns the ${form} ${identifier}.`,
          'A stack of its own with these lines would make another one.',
        ],
        { Database: { Type: kind.stack, Properties: { EnableIAMDatabaseAuthentication: true } } },
      ),
    },
    {
      form: 'terraform',
      title: 'Terraform',
      filename: 'enable-iam.tf',
      text: block(
        `resource "${kind.terraform}" "${label(database.name)}"`,
        { iam_database_authentication_enabled: true, apply_immediately: true },
        [
          `Add both lines to the resource that owns the ${form} ${identifier}; the rest of it stays.`,
        ],
      ),
    },
  ]
}

/** `modify-db-cluster` or `modify-db-instance` with one switch: the two do not stand in for one another. */
export const modify = (plan: Plan, form: keyof typeof KINDS, flag: string) =>
  aws(`rds modify-${KINDS[form].command}`, [
    ['region', plan.database.region],
    [KINDS[form].option, plan.identifier],
    [flag],
    ['apply-immediately'],
  ])

const PROXY_WARNINGS = [
  'Choose one of the two. With secrets the proxy takes a token from the client and knows a password for the database: each database user needs a secret in Secrets Manager. ' +
    'End to end it takes tokens on both sides: no secret, but the role of the proxy needs rds-db:connect on the cluster or instance behind it, where IAM authentication must be on too.',
  'Options that you set for single secrets, such as the kind of password, are set back to their defaults by the first form.',
]

function proxyTexts({ database, identifier }: Plan): GuideText[] {
  const options = (...more: CliOption[]): CliOption[] => [
    ['region', database.region],
    ['db-proxy-name', identifier],
    ...more,
  ]
  const query =
    'DBProxies[0].Auth[].{AuthScheme:AuthScheme,SecretArn:SecretArn,IAMAuth:`"REQUIRED"`}'
  const auth = aws('rds describe-db-proxies', options(['query', query], ['output', 'json']))
  const withSecrets = aws(
    'rds modify-db-proxy',
    options(['require-tls'], ['auth', { raw: '"$AUTH"' }]),
  )
  return [
    {
      form: 'cli',
      title: 'AWS CLI, with secrets',
      filename: 'enable-iam.sh',
      text: `${inAccount(database.account)}\nAUTH=$(${auth}) &&\n${withSecrets}\n`,
    },
    {
      form: 'cli',
      title: 'AWS CLI, end to end',
      filename: 'enable-iam-end-to-end.sh',
      text: `${inAccount(database.account)}\n${aws('rds modify-db-proxy', options(['require-tls'], ['default-auth-scheme', 'IAM_AUTH']))}\n`,
    },
    {
      form: 'cloudformation',
      title: 'CloudFormation, end to end',
      filename: 'enable-iam.yaml',
      text: template(
        [
          `Add the properties to the template that owns the proxy ${identifier}.`,
          'With secrets instead: IAMAuth: REQUIRED in each item of Auth.',
        ],
        {
          Proxy: {
            Type: 'AWS::RDS::DBProxy',
            Properties: { RequireTLS: true, DefaultAuthScheme: 'IAM_AUTH' },
          },
        },
      ),
    },
    {
      form: 'terraform',
      title: 'Terraform, end to end',
      filename: 'enable-iam.tf',
      text: block(
        `resource "aws_db_proxy" "${label(database.name)}"`,
        { require_tls: true, default_auth_scheme: 'IAM_AUTH' },
        [
          `Add both lines to the resource that owns the proxy ${identifier}; the rest of it stays.`,
          'With secrets instead: iam_auth = "REQUIRED" in each auth block.',
        ],
      ),
    },
  ]
}
