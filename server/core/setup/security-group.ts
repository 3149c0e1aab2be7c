import { aws, type CliOption, inAccount, jsonText } from './aws-cli.ts'
import { isIpv6Range } from './check-client.ts'
import type { GuideStep, GuideText } from './guide.ts'
import type { Plan } from './plan.ts'
import { template } from './template.ts'
import { block, Expression, label, type TerraformValue } from './terraform.ts'

/** Where the database's own security group is read from. */
const GROUP_OF = {
  instance: [
    'describe-db-instances',
    'db-instance-identifier',
    'DBInstances[0].VpcSecurityGroups[0].VpcSecurityGroupId',
  ],
  cluster: [
    'describe-db-clusters',
    'db-cluster-identifier',
    'DBClusters[0].VpcSecurityGroups[0].VpcSecurityGroupId',
  ],
  proxy: ['describe-db-proxies', 'db-proxy-name', 'DBProxies[0].VpcSecurityGroupIds[0]'],
} as const

const DESCRIPTION = 'People with a token of Latchkey'

/** Lets clients reach the database: the network asks before the token does. */
export const securityGroupStep = (plan: Plan): GuideStep => {
  const { port, database } = plan
  const [first] = database.endpoints
  const host = first?.signing.host ?? ''
  return {
    id: 'security-group',
    title: 'Let clients reach the database',
    why:
      'A token opens nothing for who cannot reach the port. The rule names where people come from, and only this port. ' +
      'IAM is no place for it: rds-db:connect supports no condition on addresses.',
    where: 'aws',
    warnings: [
      ...(sources(plan).length === 0
        ? [
            'No address and no security group of clients was named, so there is nothing to write: people come by a way that is open already, such as a bastion or a VPN.',
          ]
        : []),
      'If the database has several security groups, the rule goes to the first one.',
    ],
    texts: sources(plan).length === 0 ? [] : textsOf(plan),
    check: `nc -vz ${host} ${port} from where people are says that the port is open. A timeout is the network; only an answer that names a password or PAM is the database.`,
  }
}

type Source = { key: string; cidr: string } | { key: string; group: string }

function sources({ client: { cidr, securityGroup } }: Plan): Source[] {
  const bySource: Source[] = []
  if (cidr !== null) bySource.push({ key: 'Addresses', cidr })
  if (securityGroup !== null) bySource.push({ key: 'Clients', group: securityGroup })
  return bySource
}

/** What `authorize-…` and `revoke-security-group-ingress` both take. */
const permissionOf = ({ port }: Plan, source: Source) => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  ...('group' in source
    ? { UserIdGroupPairs: [{ GroupId: source.group, Description: DESCRIPTION }] }
    : isIpv6Range(source.cidr)
      ? { Ipv6Ranges: [{ CidrIpv6: source.cidr, Description: DESCRIPTION }] }
      : { IpRanges: [{ CidrIp: source.cidr, Description: DESCRIPTION }] }),
})

/** The rule, made or taken away again; empty where there is none. */
export function ingressCommand(plan: Plan, verb: 'authorize' | 'revoke'): string {
  const { database, form, identifier } = plan
  const permissions = sources(plan).map((source) => permissionOf(plan, source))
  if (permissions.length === 0) return ''
  const region: CliOption = ['region', database.region]
  const [operation, option, query] = GROUP_OF[form]
  const lookUp = aws(`rds ${operation}`, [
    region,
    [option, identifier],
    ['query', query],
    ['output', 'text'],
  ])
  const change = aws(`ec2 ${verb}-security-group-ingress`, [
    region,
    ['group-id', { raw: '"$GROUP"' }],
    ['ip-permissions', jsonText(permissions)],
  ])
  return `${inAccount(database.account)}\nGROUP=$(${lookUp}) &&\n${change}\n`
}

function textsOf(plan: Plan): GuideText[] {
  return [
    {
      form: 'cli',
      title: 'AWS CLI',
      filename: 'security-group.sh',
      text: ingressCommand(plan, 'authorize'),
    },
    {
      form: 'cloudformation',
      title: 'CloudFormation',
      filename: 'security-group.yaml',
      text: template(
        [`A stack of account ${plan.database.account} in ${plan.database.region}.`],
        Object.fromEntries(
          sources(plan).map((source) => [source.key, ingressResource(plan, source)]),
        ),
        {
          DatabaseGroup: {
            Type: 'AWS::EC2::SecurityGroup::Id',
            Description: 'The security group of the database',
          },
        },
      ),
    },
    {
      form: 'terraform',
      title: 'Terraform',
      filename: 'security-group.tf',
      text: [groupData(plan), ...sources(plan).map((source) => ingressBlock(plan, source))].join(
        '\n',
      ),
    },
  ]
}

const ingressResource = ({ port }: Plan, source: Source) => ({
  Type: 'AWS::EC2::SecurityGroupIngress',
  Properties: {
    GroupId: { Ref: 'DatabaseGroup' },
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    Description: DESCRIPTION,
    ...('group' in source
      ? { SourceSecurityGroupId: source.group }
      : isIpv6Range(source.cidr)
        ? { CidrIpv6: source.cidr }
        : { CidrIp: source.cidr }),
  },
})

const DATA = {
  instance: ['aws_db_instance', 'db_instance_identifier', 'vpc_security_groups'],
  cluster: ['aws_rds_cluster', 'cluster_identifier', 'vpc_security_group_ids'],
  proxy: ['aws_db_proxy', 'name', 'vpc_security_group_ids'],
} as const

function groupData({ database, form, identifier }: Plan): string {
  const [type, key] = DATA[form]
  return block(`data "${type}" "${label(database.name)}"`, { [key]: identifier })
}

function ingressBlock({ database, form, port }: Plan, source: Source): string {
  const [type, , groups] = DATA[form]
  const from: Record<string, TerraformValue> =
    'group' in source
      ? { referenced_security_group_id: source.group }
      : isIpv6Range(source.cidr)
        ? { cidr_ipv6: source.cidr }
        : { cidr_ipv4: source.cidr }
  return block(
    `resource "aws_vpc_security_group_ingress_rule" "${label(database.name)}_${source.key.toLowerCase()}"`,
    {
      security_group_id: new Expression(
        `tolist(data.${type}.${label(database.name)}.${groups})[0]`,
      ),
      description: DESCRIPTION,
      ip_protocol: 'tcp',
      from_port: port,
      to_port: port,
      ...from,
    },
  )
}
