import { plain, secret, type Field, type Part } from './snippet.ts'

export const shown = (label: string, value: string): Field => ({ label, value: plain(value) })

/** A line for the person's shell that has no secret in it. */
export const commandField = (line: readonly Part[]): Field =>
  shown('Command', line.map((part) => ('text' in part ? part.text : '')).join(''))

/** For what takes the token as it is. */
export const tokenField = (label = 'Password'): Field => ({ label, value: secret() })

/** A password that is kept is a wrong one 15 minutes later. */
export const DO_NOT_SAVE = 'Let the client not save the password: it ends in 15 minutes.'
