import { verifyCommand } from './command.ts'

/** The single file: verifies an export with nothing but Node, on a machine that knows no portal. */
process.exitCode = await verifyCommand(process.argv.slice(2), {
  name: 'node latchkey-verify.mjs',
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
})
