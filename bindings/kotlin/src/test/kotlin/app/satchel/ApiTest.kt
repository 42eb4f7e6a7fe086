package app.satchel

import com.google.gson.JsonParser
import java.io.File
import java.lang.reflect.Member
import java.lang.reflect.Modifier
import java.lang.reflect.Parameter
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Instant

/** The API's own shape: nothing of what is generated shows, and it has the words that all languages have. */
class ApiTest {
    private val generated = "app.satchel.internal"

    /** The classes of this package that an app may use. */
    private val public: List<Class<*>> =
        File(File(Satchel::class.java.protectionDomain.codeSource.location.toURI()), "app/satchel")
            .listFiles()
            .orEmpty()
            .filter { it.extension == "class" }
            .map { Class.forName("app.satchel.${it.nameWithoutExtension}") }
            .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic }

    @Test
    fun `no public signature mentions a generated type`() {
        assertTrue(public.size > 60, "${public.size} classes")
        var looked = 0
        for (type in public) {
            val above = listOfNotNull(type.genericSuperclass) + type.genericInterfaces
            assertTrue(above.none { generated in it.typeName }, "$type: $above")
            val members: List<Member> = type.declaredMethods.toList() + type.declaredFields + type.declaredConstructors
            for (member in members.filter { (Modifier.isPublic(it.modifiers) || Modifier.isProtected(it.modifiers)) && !it.isSynthetic }) {
                val signature =
                    when (member) {
                        is java.lang.reflect.Field -> member.toGenericString()
                        is java.lang.reflect.Executable -> member.toGenericString()
                        else -> error("$member")
                    }
                assertTrue(generated !in signature, signature)
                looked += 1
            }
        }
        println("$looked public members of ${public.size} classes")
    }

    private val vocabulary = JsonParser.parseString(File(System.getProperty("satchel.vocabulary")).readText()).asJsonObject

    private fun words(name: String) = vocabulary[name].asJsonArray.map { it.asString }.toSet()

    @Test
    fun `states and reasons and errors have the codes that all languages have`() {
        assertEquals(words("states"), codes(AssetState::class.java))
        assertEquals(words("wait_reasons"), codes(WaitReason::class.java))
        assertEquals(words("park_reasons"), codes(ParkReason::class.java))
        assertEquals(words("troubles"), codes(Trouble::class.java))
        assertEquals(words("imposters"), Imposter.entries.map { it.code }.toSet())
        assertEquals(words("healths"), codes(Health::class.java))
        assertEquals(words("blocks"), Block.entries.map { it.code }.toSet())
        assertEquals(words("link_kinds"), LinkKind.entries.map { it.code }.toSet())
        assertEquals(words("link_needs"), LinkNeed.entries.map { it.code }.toSet())
        assertEquals(words("proofs"), Proof.entries.map { it.code }.toSet())
        assertEquals(words("added"), AddKind.entries.map { it.code }.toSet())
        assertEquals(words("error_kinds"), codes(SatchelException::class.java) + "other")
    }

    /** The code of each type below a sealed one, but for `Other`, whose code is what it was given. */
    private fun codes(sealed: Class<*>): Set<String> {
        val below = sealed.permittedSubclasses.filter { it.simpleName != "Other" }
        assertEquals(sealed.permittedSubclasses.size - 1, below.size, "$sealed has an Other")
        return below.map { type -> sealed.getMethod("getCode").invoke(sample(type)) as String }.toSet()
    }

    private fun sample(type: Class<*>): Any? {
        type.fields.find { it.name == "INSTANCE" }?.let { return it.get(null) }
        val constructor = type.declaredConstructors.filter { !it.isSynthetic }.maxBy { it.parameterCount }
        constructor.isAccessible = true
        return constructor.newInstance(*constructor.parameters.map(::argument).toTypedArray())
    }

    private fun argument(parameter: Parameter): Any? = when (parameter.type) {
        Int::class.javaPrimitiveType -> 503
        Long::class.javaPrimitiveType -> 400_000L
        String::class.java -> "words"
        Wake::class.java -> Wake()
        Instant::class.java -> Instant.fromEpochMilliseconds(0)
        Trouble::class.java -> Trouble.Cut
        Imposter::class.java -> Imposter.Page
        Block::class.java -> Block.Page
        Proof::class.java -> Proof.Receipt
        WaitReason::class.java -> WaitReason.Turn
        ParkReason::class.java -> ParkReason.SourceGone
        SourceFault::class.java -> SourceFault.Gone
        PairingFault::class.java -> PairingFault.BadCode
        else -> null
    }
}
