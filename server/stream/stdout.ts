type Destination = { write(text: string, done: (error?: Error | null) => void): unknown }

/** Writes lines, and waits until the other end has taken them. */
export const writeLines =
  (to: Destination) =>
  (events: readonly object[]): Promise<void> =>
    new Promise((resolve, reject) =>
      to.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''), (error) =>
        error ? reject(error) : resolve(),
      ),
    )
