/**
 * The 64 emoji of a verification, in the order of their numbers, each with the one name it is read aloud by. Chosen so
 * that no two look or sound alike, every platform of the last ten years has them, and none is a flag, a face or a
 * symbol that needs explaining. A change here makes two versions show different pictures: it never happens.
 */

export interface Emoji {
  readonly picture: string
  readonly name: string
}

const LIST = `
🐶 dog        🐱 cat        🦁 lion       🐴 horse      🐷 pig        🐘 elephant   🐰 rabbit     🐼 panda
🐔 rooster    🐧 penguin    🐢 turtle     🐟 fish       🐙 octopus    🦋 butterfly  🐝 bee        🐌 snail
🌵 cactus     🍄 mushroom   🌍 globe      🌙 moon       ☁️ cloud      🔥 fire       🌈 rainbow    ❄️ snowflake
🍌 banana     🍎 apple      🍓 strawberry 🍒 cherries   🌽 corn       🥕 carrot     🍕 pizza      🎂 cake
☂️ umbrella   👑 crown      👓 glasses    🔧 wrench     🔨 hammer     ✂️ scissors   🔒 lock       🔑 key
💡 lamp       📖 book       ✏️ pencil     📎 paperclip  ⏳ hourglass  📞 telephone  📷 camera     🎈 balloon
🎁 gift       🏆 trophy     🎯 target     🎲 dice       🎸 guitar     🎺 trumpet    🔔 bell       ⚓ anchor
🚀 rocket     ✈️ airplane   🚲 bicycle    🚂 train      ⛵ sailboat   🏰 castle     🎭 masks      🍩 donut
`

export const EMOJI: readonly Emoji[] = [...LIST.matchAll(/(\S+) ([a-z]+)/g)].map(
  ([, picture = '', name = '']) => ({ picture, name }),
)
