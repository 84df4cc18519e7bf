/** The panels behind the bar's buttons, in one chunk: none is needed before the first click. */
import { Door } from './door.ts'
import { defineElements } from './element-names.ts'
import { MenuPanel } from './menu-panel.ts'
import { OpenLinks } from './open-links.ts'
import { PeoplePanel } from './people-panel.ts'
import { PersonActions } from './person-actions.ts'
import { Question } from './question.ts'
import { SessionActions } from './session-actions.ts'
import { SharePanel } from './share-panel.ts'
import { SpokenCodePart } from './spoken-code.ts'

export function definePanels(): void {
  defineElements({
    'coterie-door': Door,
    'coterie-menu-panel': MenuPanel,
    'coterie-open-links': OpenLinks,
    'coterie-people-panel': PeoplePanel,
    'coterie-person-actions': PersonActions,
    'coterie-question': Question,
    'coterie-session-actions': SessionActions,
    'coterie-share-panel': SharePanel,
    'coterie-spoken-code': SpokenCodePart,
  })
}
