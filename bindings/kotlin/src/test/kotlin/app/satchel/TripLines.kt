package app.satchel

import java.io.File

/** The rules of a trip: small things over anything within a budget, all else where it costs nothing. */
internal suspend fun setTheRules(satchel: Satchel, hotel: String) {
    val words = Scope(renditions = listOf(Rendition.Text, Rendition.Preview))
    satchel.keepPolicy(Policy(listOf(Rule(listOf(Way(Over.Any, withinBudget = true)), words))))
    satchel.markNetwork(hotel, Mark.Metered)
}

/** What may be spent. */
internal suspend fun setTheBudgets(satchel: Satchel, trip: Period.Trip) {
    satchel.setBudget(Budget("mobile", Covers.Class(LinkClass.Metered), bytes = 50_000_000))
    satchel.setBudget(Budget("abroad", Covers.Class(LinkClass.Roaming), bytes = 200_000_000, trip))
    for (one in satchel.budgets()) println("${one.budget.name}: ${one.left} bytes left")
}

/** One photo, whatever the rules say, once its price was shown. */
internal suspend fun sendOneNow(satchel: Satchel, photo: AssetId) {
    val price = satchel.price(listOf(photo))
    println("${price.bytes} bytes, ${price.takes ?: "nobody knows how long"}, ${price.budgets.firstOrNull()?.percent} % of the budget")
    satchel.sendNow(listOf(photo))
}

/** Another way to the server, where the first is blocked. */
internal suspend fun setTheWays(satchel: Satchel, target: TargetId, mirror: String, evidence: File) {
    satchel.setEndpoints(target, Endpoints(further = listOf(Endpoint(mirror)), sharedStore = true))
    for (way in satchel.endpoints(target)) println("${way.url}: ${way.words}")
    satchel.exportBlocks(to = evidence)
}
