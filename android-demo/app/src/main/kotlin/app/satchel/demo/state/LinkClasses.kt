/*
 * The class of a link, by which its bytes are counted, as the screens show it.
 */
package app.satchel.demo.state

import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.linkClass

/** The class of a link ([app.satchel.Satchel.effectiveLink]); null where there is no network, and so nothing that costs. */
fun classOf(link: Link): LinkClass? = link.linkClass.takeIf { link.kind != LinkKind.None }

/** A class by its name in the ledger. */
fun classNamed(name: String): LinkClass = LinkClass.entries.firstOrNull { it.name.equals(name, ignoreCase = true) } ?: LinkClass.Unknown
