/** A moment in words, as short as it can be told apart: the time today, the day before that, the year if it is another. */

const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const year = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })

export function whenText(then: number, now: number): string {
  const [date, today] = [new Date(then), new Date(now)]
  if (date.toDateString() === today.toDateString()) return time.format(date)
  const isThisYear = date.getFullYear() === today.getFullYear()
  return `${(isThisYear ? day : year).format(date)}, ${time.format(date)}`
}
