import { playPart } from './parts.ts'

playPart(3)
