/** What another process has used, as Linux tells. */
import { readFile } from 'node:fs/promises'

/** Linux counts the time of processes in hundredths of a second. */
const TICKS_A_SECOND = 100
/** Places after the program's name in /proc/<id>/stat, counted from zero; proc(5) numbers them 14 and 15. */
const USER_TIME = 11
const SYSTEM_TIME = 12

/** Seconds of a processor, its own and the kernel's on its behalf. */
export async function processorSeconds(process: number): Promise<number> {
  const stat = await readFile(`/proc/${process}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND
}

/** Kilobytes (1,024 bytes) of memory that are its own right now. */
export async function residentKilobytes(process: number): Promise<number> {
  const status = await readFile(`/proc/${process}/status`, 'utf8')
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (found === undefined) throw new Error(`the system does not tell the memory of process ${process}`)
  return Number(found)
}
