package app.satchel.android

/**
 * Calls what older systems than this API level do not have. Whoever calls it has looked at the level. The check of signatures against
 * minSdk passes over what bears this mark, and over nothing else.
 *
 * @property level the API level, as in `Build.VERSION_CODES`.
 */
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION)
internal annotation class RequiresLevel(val level: Int)
