import path from 'node:path'
import { writeKept } from './kept-file.ts'

type Told = {
  keys: { accessKeyId: string; secretAccessKey: string }
  region: string
  urls: { sts: string; rds: string; iam: string }
}

/**
 * What a terminal reads to work as the account's administrator: `. .latchkey/administrator.env`, then any `aws iam` or `aws rds`.
 * It is written anew at each start, for the ports may be others.
 * @returns the file, which its owner alone may read
 */
export function writeAdministrator(home: string, { keys, region, urls }: Told): string {
  const file = path.join(home, 'administrator.env')
  const variables = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL_STS: urls.sts,
    AWS_ENDPOINT_URL_RDS: urls.rds,
    AWS_ENDPOINT_URL_IAM: urls.iam,
  }
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`)
  // The session token of somebody else would make every key a wrong one.
  writeKept(file, ['unset AWS_SESSION_TOKEN AWS_PROFILE', ...lines, ''].join('\n'))
  return file
}
