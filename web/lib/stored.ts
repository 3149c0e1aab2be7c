/** What a browser may keep. Never a token. Storage that is switched off or full is treated as empty. */
export const stored = {
  read: (key: string) => attempt(() => localStorage.getItem(`latchkey.${key}`)) ?? null,
  write: (key: string, value: string) =>
    void attempt(() => localStorage.setItem(`latchkey.${key}`, value)),
  remove: (key: string) => void attempt(() => localStorage.removeItem(`latchkey.${key}`)),
}

/** The same, until the tab is closed. */
export const tabStored = {
  read: (key: string) => attempt(() => sessionStorage.getItem(`latchkey.${key}`)) ?? null,
  write: (key: string, value: string) =>
    void attempt(() => sessionStorage.setItem(`latchkey.${key}`, value)),
  remove: (key: string) => void attempt(() => sessionStorage.removeItem(`latchkey.${key}`)),
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
