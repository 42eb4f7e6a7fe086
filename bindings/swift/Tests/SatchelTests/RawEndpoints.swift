// What the library itself tells of endpoints and blocks, by names that ours do not hide.

import SatchelGenerated

typealias RawHealth = SatchelGenerated.Health
typealias RawBlock = SatchelGenerated.Block
typealias RawBlockRecord = SatchelGenerated.BlockRecord
