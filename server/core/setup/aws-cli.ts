import { shellWord } from '../connect/shell.ts'

/** An option with its value; `raw` is shell as it stands: `"$GROUP"`. No value: a flag. */
export type CliOption = [name: string, value?: string | { raw: string }]

/** One call of the AWS CLI for a POSIX shell, an option a line. */
export function aws(operation: string, options: readonly CliOption[]): string {
  const words = options.map(([name, value]) => {
    if (value === undefined) return `--${name}`
    const word = typeof value === 'string' ? shellWord(value) : value.raw
    // A value that begins with a hyphen would be read as an option.
    return word.startsWith('-') || word.startsWith("'-") ? `--${name}=${word}` : `--${name} ${word}`
  })
  return [`aws ${operation}`, ...words].join(' \\\n  ')
}

/** JSON as one word of the shell, which is easier to read than a file beside it and cannot be forgotten. */
export const jsonText = (value: unknown) => JSON.stringify(value, null, 2)

/** Where a text is to be run: the same command in another account would do the same there. */
export const inAccount = (account: string) => `# With credentials of account ${account}.`
