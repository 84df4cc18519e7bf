/** The command line: what it means, and that every mistake is one sentence with a remedy. */
import { expect, test } from 'vitest'
import { HELP, readArguments } from '../../signaling/arguments.ts'

const served = (args: readonly string[], environment: Record<string, string> = {}) => {
  const command = readArguments(args, environment)
  if (command.kind !== 'serve') throw new Error(`it would not serve: ${JSON.stringify(command)}`)
  return command.serve
}

test('nothing said means port 4400 on this computer only', () => {
  expect(served([])).toMatchObject({ host: 'localhost', port: 4400, trustProxy: false, logging: 'few' })
})

test('the environment is heard, and flags win over it', () => {
  const environment = { HOST: '0.0.0.0', PORT: '8080' }
  expect(served([], environment)).toMatchObject({ host: '0.0.0.0', port: 8080 })
  expect(served(['--host', '::1', '--port=0'], environment)).toMatchObject({ host: '::1', port: 0 })
  expect(served([], { HOST: '' })).toMatchObject({ host: 'localhost' })
})

test('STUN is answered unless switched off, TURN comes with its secret', () => {
  expect(served([])).toMatchObject({ stun: true, turn: [], turnSecretFile: undefined })
  const turn = ['turn:turn.example.org', 'turns:turn.example.org?transport=tcp']
  const args = ['--no-stun', ...turn.flatMap((url) => ['--turn', url]), '--turn-secret-file', 'secret']
  expect(served(args)).toMatchObject({ stun: false, turn, turnSecretFile: 'secret' })
})

test.each([
  ['--nope'],
  ['stray'],
  ['--port', 'many'],
  ['--port', '65536'],
  ['--port', '-1'],
  ['--port'],
  ['--public-url', 'pair.example.org'],
  ['--public-url', 'ftp://pair.example.org'],
  ['--tls-cert', 'cert.pem'],
  ['--log', '--quiet'],
  ['--turn', 'turn:turn.example.org'],
  ['--turn-secret-file', 'secret'],
  ['--turn', 'turn.example.org', '--turn-secret-file', 'secret'],
  [
    ...['1', '2', '3', '4', '5'].flatMap((host) => ['--turn', `turn:${host}`]),
    '--turn-secret-file',
    'secret',
  ],
  ['--no-stun', '--stun-host', '0.0.0.0'],
])('%s %s is a mistake, said in one line', (...args) => {
  const command = readArguments(args, {})
  expect(command.kind).toBe('mistake')
  expect(command.kind === 'mistake' && command.sentence).toMatch(/^[^\n]+\. --help lists the flags\.$/)
})

test('the help names every flag', () => {
  const flags = [
    'host',
    'port',
    'public-url',
    'tls-cert',
    'tls-key',
    'trust-proxy',
    'no-stun',
    'stun-host',
    'turn',
    'turn-secret-file',
    'web',
    'log',
    'quiet',
    'help',
    'version',
  ]
  for (const flag of flags) expect(HELP).toContain(`--${flag}`)
  expect(readArguments(['--help', '--port', 'many'], {})).toEqual({ kind: 'help' })
})
