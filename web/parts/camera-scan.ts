/**
 * The camera as a way to fill a field: it is on only while it looks for a QR code, and what it finds is told as `scanned`.
 * Not here: what the text means. Where there is no camera to ask for, nothing is shown.
 */
import { css, html, LitElement, nothing } from 'lit'
import { Camera, CameraOff } from 'lucide'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { icon } from './icon.ts'

type Seeing = 'off' | 'starting' | 'looking' | { readonly failed: string }

const say = strings.camera

export class CameraScan extends LitElement {
  static override properties = { seeing: { state: true } }
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      video {
        width: 100%;
        max-height: 280px;
        object-fit: contain;
        background: #000;
        border-radius: 8px;
      }
      p {
        margin: 0;
      }
    `,
  ]
  declare seeing: Seeing
  #stop: () => void = () => undefined

  constructor() {
    super()
    this.seeing = 'off'
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#end()
  }

  override render() {
    if (!('mediaDevices' in navigator)) return nothing
    if (this.seeing === 'starting' || this.seeing === 'looking')
      return html`<video muted playsinline aria-label=${say.picture}></video>
        <p class="muted" aria-live="polite">${say.hint}</p>
        <button type="button" @click=${() => this.#end()}>${icon(CameraOff, 14)} ${say.stop}</button>`
    return html`<button type="button" @click=${() => this.#begin()}>${icon(Camera, 14)} ${say.scan}</button>
      ${this.seeing === 'off' ? nothing : html`<p class="muted" role="alert">${this.seeing.failed}</p>`}`
  }

  #begin(): void {
    this.#look().catch((error: unknown) => {
      this.#end()
      this.seeing = { failed: whyNot(error) }
    })
  }

  async #look(): Promise<void> {
    this.seeing = 'starting'
    const [{ frameLoop, QRCanvas, rearCamera }] = await Promise.all([
      import('qr/dom.js'),
      this.updateComplete,
    ])
    const video = this.renderRoot.querySelector('video')
    if (video === null) return
    const camera = await rearCamera(video)
    if (!this.isConnected || this.seeing !== 'starting') return camera.stop()
    this.seeing = 'looking'
    const canvas = new QRCanvas()
    const stopLooking = frameLoop(() => {
      camera.readFrame(canvas, true).then((found) => {
        if (typeof found === 'string' && this.seeing === 'looking') this.#found(found)
      }, reportError)
    }, video)
    this.#stop = () => {
      stopLooking()
      camera.stop()
      canvas.clear()
    }
  }

  #found(text: string): void {
    this.#end()
    this.dispatchEvent(new CustomEvent<string>('scanned', { detail: text }))
  }

  #end(): void {
    this.#stop()
    this.#stop = () => undefined
    this.seeing = 'off'
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'NotAllowedError') return say.refused
  return error.name === 'NotFoundError' ? say.none : error.message
}
