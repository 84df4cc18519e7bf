/**
 * A small internet on one machine, of network namespaces: a street with the servers, and houses behind
 * routers that translate addresses. Needs root, iproute2 and iptables.
 *
 *   ada 10.0.1.2 - router 10.0.1.1 | 203.0.113.1 --+
 *                                                 street 203.0.113.10 (servers)
 *   ben 10.0.2.2 - router 10.0.2.1 | 203.0.113.2 --+
 *
 * Invariants: names begin with PREFIX and the number of this process, so that runs side by side do not meet;
 * what a process that is gone left behind is removed by the next; `close` ends every process inside.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PREFIX = 'coterie-nat'
export const STREET_ADDRESS = '203.0.113.10'

export type House = 'ada' | 'ben'
export type Place = House | 'street'

/**
 * 'plain': one port for all destinations as long as nobody else wants it, so STUN finds the way.
 * 'symmetric': another port for each destination, so it does not.
 */
export type Translation = 'plain' | 'symmetric'

export interface CountryOptions {
  readonly translation: Translation
  /** Share of UDP datagrams that Ada's router loses, 0 to 1: so many of all between the two. */
  readonly loss?: number
}

const HOUSES: readonly { readonly house: House; readonly number: number }[] = [
  { house: 'ada', number: 1 },
  { house: 'ben', number: 2 },
]

/** Whether this machine lets this process make namespaces; else why not. */
export function whyNotAllowed(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux has network namespaces'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (!existsSync('/usr/sbin/ip') && !existsSync('/sbin/ip')) return undefined // the tests then say what to install
  const name = `${PREFIX}-${process.pid}-try`
  const { status } = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' })
  if (status !== 0) return 'this machine does not allow network namespaces'
  const entered = spawnSync('ip', ['netns', 'exec', name, 'true'], { stdio: 'ignore' })
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
  return entered.status === 0 ? undefined : 'this machine does not allow entering network namespaces'
}

/** @throws Error when a tool is missing, with the command that installs it */
export function requireTools(): void {
  const missing = ['ip', 'iptables', 'turnserver'].filter(
    (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0,
  )
  if (missing.length === 0) return
  throw new Error(
    `${missing.join(', ')}: not installed. Run: sudo apt-get update && sudo apt-get install -y iproute2 iptables coturn`,
  )
}

let countries = 0

export class Country {
  readonly #name: string

  constructor({ translation, loss = 0 }: CountryOptions) {
    removeAbandoned()
    countries += 1
    this.#name = `${PREFIX}-${process.pid}-${countries}`
    this.#add('street')
    this.#run('street', 'ip link add street type bridge')
    this.#run('street', `ip addr add ${STREET_ADDRESS}/24 dev street`)
    this.#run('street', 'ip link set street up')
    // The rest of the world, which swallows everything: coturn ends a relay whose packet the system refuses.
    this.#run('street', 'ip route add default via 203.0.113.254')
    this.#run('street', 'ip neigh add 203.0.113.254 lladdr 02:00:00:00:00:fe dev street')
    for (const { house, number } of HOUSES) this.#build(house, number, translation)
    if (loss > 0) this.lose(loss)
  }

  /** The command and arguments that run a program in this place. */
  inside(place: Place, program: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.#of(place), program, ...args]]
  }

  /** Pulls the cable between a house's router and the street, or puts it back. */
  cable(house: House, state: 'up' | 'down'): void {
    this.#run('street', `ip link set ${house} ${state}`)
  }

  /** From now on Ada's router loses this share of all UDP datagrams, and so the way between the two does. */
  lose(share: number): void {
    const lottery = `-m statistic --mode random --probability ${share}`
    this.#run('ada-router', `iptables -I FORWARD -p udp ${lottery} -j DROP`)
  }

  /** Datagrams lost so far. */
  get lost(): number {
    const table = this.#run('ada-router', 'iptables -nvxL FORWARD')
    return Number(/^\s*(\d+)\s.* statistic /m.exec(table)?.[1] ?? 0)
  }

  /** The provider gives a house's router another address: what was open through the old one is gone. */
  readdress(house: House): void {
    const router = `${house}-router` as const
    const number = HOUSES.findIndex((one) => one.house === house) + 1
    this.#run(router, `ip addr del 203.0.113.${number}/24 dev wan`)
    this.#run(router, `ip addr add 203.0.113.${number + 50}/24 dev wan`)
  }

  close(): void {
    removeNamespaces((name) => name.startsWith(`${this.#name}-`))
  }

  #build(house: House, number: number, translation: Translation): void {
    const router = `${house}-router` as const
    this.#add(router)
    this.#add(house)
    const [wan, lan] = [`203.0.113.${number}`, `10.0.${number}`]
    this.#run(router, `ip link add wan type veth peer name ${house} netns ${this.#of('street')}`)
    this.#run('street', `ip link set ${house} master street up`)
    this.#run(router, `ip addr add ${wan}/24 dev wan`)
    this.#run(router, 'ip link set wan up')
    this.#run(router, `ip link add lan type veth peer name lan netns ${this.#of(house)}`)
    this.#run(router, `ip addr add ${lan}.1/24 dev lan`)
    this.#run(router, 'ip link set lan up')
    this.#run(house, `ip addr add ${lan}.2/24 dev lan`)
    this.#run(house, 'ip link set lan up')
    this.#run(house, `ip route add default via ${lan}.1`)
    this.#run(router, 'sysctl -q -w net.ipv4.ip_forward=1')
    // A peer's early packet, were it taken in, would hold the port that the house's own packet is to leave by.
    this.#run(router, 'iptables -A INPUT -i wan -p udp -j DROP')
    const random = translation === 'symmetric' ? ' --random' : ''
    this.#run(router, `iptables -t nat -A POSTROUTING -o wan -p udp -j MASQUERADE${random}`)
    this.#run(router, 'iptables -t nat -A POSTROUTING -o wan -j MASQUERADE')
  }

  #add(place: Place | `${House}-router`): void {
    execFileSync('ip', ['netns', 'add', this.#of(place)])
    this.#run(place, 'ip link set lo up')
  }

  #of(place: Place | `${House}-router`): string {
    return `${this.#name}-${place}`
  }

  #run(place: Place | `${House}-router`, command: string): string {
    return execFileSync('ip', ['netns', 'exec', this.#of(place), ...command.split(' ')], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  }
}

function removeAbandoned(): void {
  removeNamespaces((name) => {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1]
    return owner !== undefined && !existsSync(`/proc/${owner}`)
  })
}

function removeNamespaces(isGone: (name: string) => boolean): void {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  const names = list.split('\n').map((line) => line.split(' ')[0] ?? '')
  for (const name of names.filter(isGone)) {
    const inside = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
    for (const pid of inside.split('\n').filter((line) => line !== '')) endProcess(Number(pid))
    execFileSync('ip', ['netns', 'del', name])
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    const hasEnded = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!hasEnded) throw error
  }
}
