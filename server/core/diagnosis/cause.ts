import { CLIENT_CAUSES } from './causes-client.ts'
import { SERVER_CAUSES } from './causes-server.ts'

/** Who can mend something. */
export const MENDERS = ['you', 'administrator', 'database_owner', 'aws_owner'] as const
export type Mender = (typeof MENDERS)[number]

/** One reason why a connection does not come about, in sentences for the person who waits for it. */
export type Cause = {
  title: string
  /** How to be sure that it is this. */
  confirm: string
  fix: string
  who: Mender
}

const ALL = { ...CLIENT_CAUSES, ...SERVER_CAUSES }
export type CauseId = keyof typeof ALL

export const CAUSES: Readonly<Record<CauseId, Cause>> = ALL
