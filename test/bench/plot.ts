/**
 * `npm run bench -- --plot`: reads what runs left in docs/performance/*.json, draws the figures beside it, and
 * writes the measured parts of docs/performance.md and README.md between their marks.
 * Not here: what is drawn (comparison.ts, bars.ts).
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootOfRepository } from '../e2e/browsers.ts'
import { drawFigure } from './bars.ts'
import { figureOf, measuredRows, sourceOf, tableOf } from './comparison.ts'
import { WrongUse } from './options.ts'
import type { Report } from './report.ts'
import { GROUPS, type Group } from './rows.ts'
import { FIGURES } from './words.ts'

const FOLDER = 'docs/performance'
const BEGIN = /<!-- measured: begin[^>]*-->\n/
const END = '<!-- measured: end -->'

const HEADINGS: Readonly<Record<Group, string>> = {
  pair: 'Two people and small groups',
  mesh: 'Groups, crowds and the server',
  trust: 'Proofs, keys and locks',
}

/** @throws WrongUse when nothing was saved yet */
export async function plot(): Promise<void> {
  const root = rootOfRepository()
  const reports = await readReports(join(root, FOLDER))
  const measured = measuredRows(reports)
  const figures = FIGURES.flatMap((plan) => {
    const figure = figureOf(plan, measured)
    return figure === undefined ? [] : [{ ...plan, figure }]
  })
  for (const { name, figure } of figures)
    await writeFile(join(root, FOLDER, `${name}.svg`), drawFigure(figure))
  const tables = GROUPS.map((group) => ({ group, lines: tableOf(group, measured) })).filter(
    ({ lines }) => lines.length > 0,
  )
  const commands = reports.map(
    (report) => `- \`${report.command}\`, ${sourceOf(report).slice(report.command.length + 2)}`,
  )
  await replaceMeasured(join(root, 'docs/performance.md'), [
    ...figures.flatMap(({ name, title, figure }) => [
      `### ${title}`,
      '',
      `![${title}](performance/${name}.svg)`,
      '',
      ...figure.sources.map((source) => `Made by \`${source}\`.`),
      '',
    ]),
    ...tables.flatMap(({ group, lines }) => [`### ${HEADINGS[group]}`, '', ...lines, '']),
    ...notesOf(reports),
  ])
  await replaceMeasured(join(root, 'README.md'), [
    'Speed and cost, all products in turns within one run, on loopback. Absolute times belong to the machine they were',
    'measured on; ratios travel. Figures, notes and how each row is measured: [docs/performance.md](docs/performance.md).',
    '',
    ...commands,
    '',
    ...tables.flatMap(({ lines }) => [...lines, '']),
  ])
  console.log(
    `drew ${figures.length} figures into ${FOLDER}, and the tables into docs/performance.md and README.md`,
  )
}

async function readReports(folder: string): Promise<readonly Report[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  if (names.length === 0)
    throw new WrongUse(
      `nothing is saved in ${FOLDER}. First: npm run bench -- --group pair --json ${FOLDER}/pair.json`,
    )
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Report),
  )
}

function notesOf(reports: readonly Report[]): readonly string[] {
  const notes = reports.flatMap(({ rows }) =>
    Object.entries(rows).flatMap(([name, row]) => row.notes.map((note) => `- \`${name}\`: ${note}`)),
  )
  return ['### Notes of the runs', '', ...notes, '']
}

async function replaceMeasured(file: string, lines: readonly string[]): Promise<void> {
  const text = await readFile(file, 'utf8')
  const begin = BEGIN.exec(text)
  const end = text.indexOf(END)
  if (begin === null || end < begin.index) throw new Error(`${file} has lost its marks for what is measured`)
  const head = text.slice(0, begin.index + begin[0].length)
  await writeFile(file, `${head}\n${lines.join('\n').trimEnd()}\n\n${text.slice(end)}`)
}
