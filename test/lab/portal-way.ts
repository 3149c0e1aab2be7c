import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Signer } from '@aws-sdk/rds-signer'
import pg from 'pg'
import { ROLES, roleArn } from './account.ts'
import type { Lab } from './lab.ts'

export type Target = {
  team: keyof typeof ROLES
  host: string
  user: string
  region: string
  dbname: string
}

/** The whole way that the portal goes, by its environment alone: role session, token, log-in over TLS. */
export async function queryAsPortal(
  { environment, authority, doorOf }: Lab,
  { team, host: hostname, user: username, region, dbname }: Target,
  sql: string,
): Promise<unknown[]> {
  const sts = new STSClient({
    endpoint: environment['AWS_ENDPOINT_URL_STS'] ?? '',
    region,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  const { Credentials: keys } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn(team),
      RoleSessionName: 'ada',
      SourceIdentity: 'ada',
      ExternalId: ROLES[team].externalId,
      DurationSeconds: 900,
    }),
  )
  const credentials = {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken ?? '',
  }
  const signer = new Signer({ hostname, port: 5432, region, username, credentials })
  const client = new pg.Client({
    host: '127.0.0.1',
    port: doorOf(hostname),
    user: username,
    database: dbname,
    password: await signer.getAuthToken(),
    ssl: { ca: authority.pem, servername: hostname },
  })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
