/*
 * Every scenario, played by the Kotlin runner in processes of its own.
 */
package app.satchel.conformance

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempDirectory

internal class ScenariosTest {
    @TestFactory
    fun scenarios(): List<DynamicTest> {
        val scenarios = File(property("satchel.scenarios")).listFiles { file -> file.extension == "json" }
        return checkNotNull(scenarios).sorted().map { DynamicTest.dynamicTest(it.nameWithoutExtension) { play(it) } }
    }

    private fun play(scenario: File) {
        val folder = createTempDirectory("satchel-scenario-").toFile()
        val stage = ProcessBuilder(property("satchel.stage"), folder.path).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        try {
            val address = checkNotNull(stage.inputStream.bufferedReader().readLine()) { "the stage ended" }
            // As often as the scenario kills its runner, and once more.
            val kills = Regex("\"do\": \"kill\"").findAll(scenario.readText()).count()
            repeat(kills) { assertEquals(KILLED, run(scenario, address, folder).first) }
            val (code, said) = run(scenario, address, folder)
            assertEquals(0, code, said)
        } finally {
            // Its input ends, so it does.
            stage.outputStream.close()
            if (!stage.waitFor(10, TimeUnit.SECONDS)) stage.destroyForcibly()
            folder.deleteRecursively()
        }
    }

    private fun run(scenario: File, address: String, folder: File): Pair<Int, String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val runner =
            ProcessBuilder(
                java,
                "-Djna.library.path=${property("jna.library.path")}",
                "-cp",
                // Surefire starts the tests from a jar that only names the others.
                System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
                "app.satchel.conformance.RunnerKt",
                scenario.path,
                address,
                folder.path,
            ).start()
        val said = runner.errorStream.bufferedReader().readText()
        return runner.waitFor() to said
    }

    private fun property(name: String): String =
        checkNotNull(System.getProperty(name)) { "$name is not set: run `cargo xtask test --only kotlin`" }

    private companion object {
        /** How Java tells of a process that SIGKILL ended. */
        const val KILLED = 128 + 9
    }
}
