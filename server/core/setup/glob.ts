/** A piece of a pattern of the policy language. `variable`: what it stands for is known when a request is made. */
type Piece = { char: string } | 'any' | 'one' | { variable: string }

export type Glob = readonly Piece[]

/**
 * `*` and `?` are wildcards, `${*}`, `${?}` and `${$}` the characters themselves, `${…}` a variable
 * (IAM user guide, "IAM policy elements: Variables and tags"). `variables` is false for an old policy, which knows none of it.
 */
export function parseGlob(text: string, variables = true): Glob {
  const pieces: Piece[] = []
  for (const [part, inside] of text.matchAll(/\$\{([^}]*)\}|[^]/gu)) {
    if (inside !== undefined && variables)
      pieces.push(/^[*?$]$/.test(inside) ? { char: inside } : { variable: inside })
    else
      for (const char of part) pieces.push(char === '*' ? 'any' : char === '?' ? 'one' : { char })
  }
  return pieces
}

const isAny = (piece: Piece) =>
  piece === 'any' || (typeof piece === 'object' && 'variable' in piece)

/** What is left of a pattern once it has matched `text`, in every way in which it can. */
export function after(glob: Glob, text: string): Glob[] {
  let states = closure(glob, [0])
  for (const char of text) {
    const next = new Set<number>()
    for (const state of states) {
      const piece = glob[state]
      if (piece === undefined) continue
      if (isAny(piece)) next.add(state)
      else if (
        piece === 'one' ||
        (typeof piece === 'object' && 'char' in piece && piece.char === char)
      )
        next.add(state + 1)
    }
    if (next.size === 0) return []
    states = closure(glob, next)
  }
  // The least state is the one that can do most: after a `*`, all that follow are ways of it.
  return [...states].toSorted((a, b) => a - b).map((state) => glob.slice(state))
}

export const matches = (glob: Glob, text: string) =>
  after(glob, text).some((rest) => rest.length === 0)

/** Whether a pattern matches all that another can match; only told where it is certain. */
export const covers = (wide: Glob, narrow: Glob) =>
  (wide.length === 1 && wide[0] === 'any') || (isExact(narrow) && matches(wide, exactText(narrow)))

function closure(glob: Glob, from: Iterable<number>): Set<number> {
  const states = new Set<number>()
  for (let state of from) {
    states.add(state)
    for (let piece = glob[state]; piece !== undefined && isAny(piece); piece = glob[state]) {
      state += 1
      states.add(state)
    }
  }
  return states
}

/** Without wildcard and without variable: one name. */
export const isExact = (glob: Glob) =>
  glob.every((piece) => typeof piece === 'object' && 'char' in piece)

export const exactText = (glob: Glob) =>
  glob.map((piece) => (typeof piece === 'object' && 'char' in piece ? piece.char : '')).join('')

/** As people read it: the characters of an exact name, else the pattern as it is written. */
export const globText = (glob: Glob) =>
  isExact(glob)
    ? exactText(glob)
    : glob
        .map((piece) => {
          if (piece === 'any') return '*'
          if (piece === 'one') return '?'
          if ('variable' in piece) return `\${${piece.variable}}`
          return /[*?$]/.test(piece.char) ? `\${${piece.char}}` : piece.char
        })
        .join('')

export const variablesIn = (glob: Glob) =>
  glob.flatMap((piece) =>
    typeof piece === 'object' && 'variable' in piece ? [piece.variable] : [],
  )
