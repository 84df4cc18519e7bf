/** simple-peer's browser build carries no types of its own; it is the same class. */
declare module 'simple-peer/simplepeer.min.js' {
  import SimplePeer from 'simple-peer'
  export default SimplePeer
}
