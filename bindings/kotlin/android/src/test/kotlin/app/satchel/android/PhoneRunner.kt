package app.satchel.android

import org.junit.runners.model.FrameworkMethod
import org.robolectric.RobolectricTestRunner
import org.robolectric.internal.bytecode.InstrumentationConfiguration

/**
 * Robolectric loads all classes anew for each API level. The library of Rust is loaded once, and calls back into the classes that it met
 * first: so these, and what they stand on, are loaded once too.
 */
internal class PhoneRunner(test: Class<*>) : RobolectricTestRunner(test) {
    override fun createClassLoaderConfig(method: FrameworkMethod): InstrumentationConfiguration {
        val builder = InstrumentationConfiguration.Builder(super.createClassLoaderConfig(method))
        for (prefix in ONCE) builder.doNotAcquirePackage(prefix)
        return builder.build()
    }

    private companion object {
        /** Of `app.satchel` itself its classes, and not the packages below it. */
        val OWN = ('A'..'Z').map { "app.satchel.$it" } + "app.satchel.internal."
        val ONCE = OWN + listOf("kotlin.", "kotlinx.", "com.sun.jna.", "org.sqlite.", "com.google.gson.")
    }
}
