/** The screens that are not the text, in one chunk. */
import { CameraScan } from '../parts/camera-scan.ts'
import { defineElements } from '../parts/element-names.ts'
import { CarriedText } from './carried-text.ts'
import { CompareDialog } from './compare-dialog.ts'
import { ConnectDialog } from './connect-dialog.ts'
import { JoinCard } from './join-card.ts'
import { JoinDialog } from './join-dialog.ts'
import { LockScreen } from './lock-screen.ts'
import { PassphraseDialog } from './passphrase-dialog.ts'
import { RecentSessions } from './recent-sessions.ts'
import { ShortcutSheet } from './shortcut-sheet.ts'
import { VersionsDialog } from './versions-dialog.ts'

export function defineScreens(): void {
  defineElements({
    'coterie-camera-scan': CameraScan,
    'coterie-carried-text': CarriedText,
    'coterie-compare-dialog': CompareDialog,
    'coterie-connect-dialog': ConnectDialog,
    'coterie-join-card': JoinCard,
    'coterie-join-dialog': JoinDialog,
    'coterie-lock-screen': LockScreen,
    'coterie-passphrase-dialog': PassphraseDialog,
    'coterie-recent-sessions': RecentSessions,
    'coterie-shortcut-sheet': ShortcutSheet,
    'coterie-versions-dialog': VersionsDialog,
  })
}
