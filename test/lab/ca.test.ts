import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openAuthority } from './ca.ts'

const homes: string[] = []
afterEach(() => {
  for (const home of homes.splice(0)) fs.rmSync(home, { recursive: true })
})
function scratch(): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-ca-'))
  homes.push(home)
  return home
}
const NAME = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'

test('a certificate is for the names asked for, and for no other', async () => {
  const authority = await openAuthority(scratch())
  const { cert } = await authority.issue([NAME])
  const [root, server] = [new X509Certificate(authority.pem), new X509Certificate(cert)]
  expect(server.verify(root.publicKey)).toBe(true)
  expect(server.checkIssued(root)).toBe(true)
  expect(server.checkHost(NAME)).toBe(NAME)
  expect(server.checkHost('localhost')).toBeUndefined()
  expect([root.ca, server.ca]).toEqual([true, false])
})

test('the authority is the same after a restart, and its key is its owner’s alone', async () => {
  const home = scratch()
  const before = await openAuthority(home)
  const { cert } = await before.issue([NAME])
  const after = await openAuthority(home)
  expect(after.pem).toBe(before.pem)
  expect(new X509Certificate(cert).verify(new X509Certificate(after.pem).publicKey)).toBe(true)
  expect(fs.statSync(path.join(home, 'ca.key')).mode & 0o777).toBe(0o600)
})
