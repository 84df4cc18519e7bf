/**
 * Reads a TypeScript file for the laws of the house: what it imports and which outer names it uses.
 * The parser is a real one (the one Vite builds with), so comments, strings and types mislead nobody.
 * Not here: what is allowed (map.ts) and what follows (laws.ts).
 * Invariant: a file that does not parse throws; it never reads as a file without imports.
 */
import { parseSync } from 'vite'

export interface Import {
  /** As written; undefined where a dynamic import computes it. */
  readonly specifier: string | undefined
  readonly typesOnly: boolean
}

export interface Reading {
  readonly imports: readonly Import[]
  /** Every identifier in a place of use, and `object.property` for each member of one. */
  readonly names: ReadonlySet<string>
  /** The file only passes on what others export. */
  readonly isBarrel: boolean
  readonly exportsAll: boolean
  readonly exportsDefault: boolean
}

interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

export function readModule(path: string, source: string): Reading {
  const { program, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`)
  const imports: Import[] = []
  const names = new Set<string>()
  walk(program, (node) => {
    const found = importOf(node)
    if (found) imports.push(found)
    const name = nameOf(node)
    if (name !== undefined) names.add(name)
  })
  const body: readonly unknown[] = program.body
  const statements = body.filter(isNode)
  return {
    imports,
    names,
    isBarrel: statements.length > 0 && statements.every((node) => isReexport(node)),
    exportsAll: statements.some((node) => node.type === 'ExportAllDeclaration'),
    exportsDefault: statements.some((node) => node.type === 'ExportDefaultDeclaration'),
  }
}

function importOf(node: Node): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return isNode(node['source'])
        ? { specifier: textOf(node['source']), typesOnly: isTypesOnly(node) }
        : undefined
    case 'ImportExpression':
      return { specifier: textOf(node['source']), typesOnly: false }
    case 'TSImportType':
      return { specifier: textOf(node['source']), typesOnly: true }
    default:
      return undefined
  }
}

/** `import type { A }`, and `import { type A, type B }`, which is erased as well. */
function isTypesOnly(node: Node): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true
  const parts = Array.isArray(node['specifiers']) ? node['specifiers'].filter(isNode) : []
  return (
    parts.length > 0 && parts.every((part) => part['importKind'] === 'type' || part['exportKind'] === 'type')
  )
}

function isReexport(node: Node): boolean {
  if (node.type === 'ExportAllDeclaration') return true
  return node.type === 'ExportNamedDeclaration' && isNode(node['source'])
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier' && typeof node['name'] === 'string') return node['name']
  if (node.type !== 'MemberExpression' || !isNode(node['object']) || !isNode(node['property']))
    return undefined
  const property = node['computed'] === true ? textOf(node['property']) : node['property']['name']
  return node['object'].type === 'Identifier' ? `${node['object']['name']}.${property}` : undefined
}

/** Fields that hold a name's own spelling, not a use of what it names. */
function spelledField(node: Node): string | undefined {
  switch (node.type) {
    case 'MemberExpression':
      return node['computed'] === true ? undefined : 'property'
    case 'Property':
      return node['computed'] === true || node['shorthand'] === true ? undefined : 'key'
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return node['computed'] === true ? undefined : 'key'
    default:
      return undefined
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit)
    return
  }
  if (!isNode(value)) return
  visit(value)
  const skipped = spelledField(value)
  for (const [field, child] of Object.entries(value)) if (field !== skipped) walk(child, visit)
}

function textOf(node: unknown): string | undefined {
  return isNode(node) && typeof node['value'] === 'string' ? node['value'] : undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
