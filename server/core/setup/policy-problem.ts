/** Something wrong with a policy, at its place. `error`: it does not do what it seems to; `warning`: it may do more, or less. */
export type PolicyProblem = {
  /** `Statement[0].Resource[1]`; empty for the whole. */
  path: string
  line: number
  column: number
  message: string
  mend: string
  severity: 'error' | 'warning'
}

/** Tells a problem at an offset of the text. */
export type Tell = (
  at: { offset: number; path: string },
  severity: PolicyProblem['severity'],
  message: string,
  mend: string,
) => void

/** Lines and columns count from 1, characters as an editor counts them. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 }
}
