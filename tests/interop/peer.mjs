// The npm package jose behind the same language: one request in JSON a line, one answer.
import { createInterface } from 'node:readline'
import * as jose from 'jose'

const text = new TextDecoder('utf-8', { fatal: true })
const bytes = (s) => new TextEncoder().encode(s)

async function keyOf(set, token) {
  const { kid, alg } = jose.decodeProtectedHeader(token)
  const jwk = JSON.parse(set).keys.find((k) => k.kid === kid)
  if (!jwk) throw new Error('kid')
  return jose.importJWK(jwk, alg)
}

const operations = {
  async sign({ key, alg, payload }) {
    const jwk = JSON.parse(key)
    return new jose.CompactSign(bytes(payload))
      .setProtectedHeader({ alg, kid: jwk.kid, typ: 'JWT' })
      .sign(await jose.importJWK(jwk, alg))
  },
  async verify({ set, token }) {
    return text.decode((await jose.compactVerify(token, await keyOf(set, token))).payload)
  },
  async encrypt({ set, alg, enc, payload }) {
    const jwk = JSON.parse(set).keys[0]
    return new jose.CompactEncrypt(bytes(payload))
      .setProtectedHeader({ alg, enc, kid: jwk.kid, cty: 'JWT' })
      .encrypt(await jose.importJWK(jwk, alg))
  },
  async decrypt({ key, token }) {
    const { alg, cty } = jose.decodeProtectedHeader(token)
    if (cty !== 'JWT') throw new Error('cty')
    const opened = await jose.compactDecrypt(token, await jose.importJWK(JSON.parse(key), alg))
    return text.decode(opened.plaintext)
  },
  async thumbprint({ key }) {
    return jose.calculateJwkThumbprint(JSON.parse(key))
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const request = JSON.parse(line)
    answer = { result: await operations[request.op](request) }
  } catch (error) {
    answer = { error: String(error.code ?? error.message) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
