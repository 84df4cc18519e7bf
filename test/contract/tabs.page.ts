/** The contract of tabs over BroadcastChannel and Web Locks: all tabs in one page. */
import { browserTabs } from '../../src/transport/browser-tabs.ts'
import { tabsContract } from './tabs.ts'

export const rules = tabsContract('BroadcastChannel and Web Locks', () => {
  const port = browserTabs()
  if (port === undefined) throw new Error('this browser has no BroadcastChannel')
  return port
})
