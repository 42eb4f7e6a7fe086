/*
 * What only the Android build has and the glue is compiled against in the check: the resources' numbers.
 */
@file:Suppress("ktlint")

package app.satchel.demo

internal object R {
    object drawable {
        const val ic_notice: Int = 1
    }
}
