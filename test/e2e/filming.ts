/** What a browser's camera sees, in place of a real one: a film of one frame, read again and again. */
import { writeFileSync } from 'node:fs'
import { encodeQR } from 'qr'

const [WIDTH, HEIGHT] = [1280, 720]
/** Luma of black and white in video. */
const [BLACK, WHITE] = [16, 235]
/** Chroma of what has no colour. */
const GREY = 128

/** Flags with which Chromium takes this file for its camera, and asks nobody. It reads the file when the camera is begun. */
export function filmFlags(file: string): readonly string[] {
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ]
}

/** A code held in front of the camera, as YUV4MPEG2. */
export function film(file: string, text: string): void {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: 4 })
  const scale = Math.floor(HEIGHT / rows.length)
  const side = rows.length * scale
  const left = Math.floor((WIDTH - side) / 2)
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (rows[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true) luma[y * WIDTH + left + x] = BLACK
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY)
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip C420jpeg\nFRAME\n`)
  writeFileSync(file, Buffer.concat([header, luma, chroma]))
}
