import { StartError } from './core/error.ts'

type Where = { host: string; port: number }

/** Opens a port by `open`; `variable` is what sets it. Throws StartError where the system refuses it. */
export async function listen(
  open: (where: Where) => Promise<unknown>,
  where: Where,
  variable = 'PORT',
): Promise<void> {
  try {
    await open(where)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new StartError(WHY_NOT[code]?.({ ...where, variable }) ?? message, { cause: error })
  }
}

const WHY_NOT: Record<string, ((where: Where & { variable: string }) => string) | undefined> = {
  EADDRINUSE: ({ host, port, variable }) =>
    `Port ${port} of ${host} is taken by another program. Stop that one, or choose another ${variable}.`,
  EACCES: ({ port, variable }) =>
    `This user may not open port ${port}. Choose a ${variable} of 1024 or above, and let the proxy in front have the low one.`,
  EADDRNOTAVAIL: ({ host }) =>
    `${host} is no address of this machine. Set HOST to one that is, or to 0.0.0.0 for all of them.`,
  ENOTFOUND: ({ host }) =>
    `HOST is ${host}, and nobody knows that name. Set it to an address of this machine.`,
}
