/*
 * What can go wrong: few kinds, each with what to do. None of them names a file.
 */
package app.satchel

/**
 * What can go wrong. The [message] is for a person, in English, and says what to do.
 *
 * @property code the kind's name, the same in all languages.
 */
public sealed class SatchelException(message: String, cause: Throwable?, public val code: String) : Exception(message, cause) {
    /** Another run of this outbox is under way, in this process or another. Adding works all the same. */
    public class AlreadyRunning internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "already_running")

    /** The outbox was written by a newer version of Satchel. */
    public class NewerVersion internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "newer_version")

    /** The database is damaged: open the outbox again, and it is rebuilt. */
    public class Damaged internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "damaged")

    /** The storage is full; nothing was lost. */
    public class StorageFull internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "storage_full")

    /** The outbox's folder or database cannot be used. */
    public class Storage internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "storage")

    /**
     * There is no such asset.
     *
     * @property id which.
     */
    public class NoSuchAsset internal constructor(public val id: AssetId, message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "no_such_asset")

    /**
     * What was to be added cannot be read.
     *
     * @property fault what is wrong with it.
     */
    public class Source internal constructor(public val fault: SourceFault, message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "source")

    /**
     * A value is out of its range.
     *
     * @property field where it stands, in what has fields (`rules[0].allow[1].hours` of a policy); null elsewhere.
     */
    public class Invalid internal constructor(message: String, public val field: String? = null, cause: Throwable? = null) :
        SatchelException(message, cause, "invalid")

    /**
     * The device could not be paired.
     *
     * @property fault why.
     */
    public class Pairing internal constructor(public val fault: PairingFault, message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "pairing")

    /** The outbox was closed: open it again. */
    public class Closed internal constructor(message: String, cause: Throwable? = null) : SatchelException(message, cause, "closed")

    /** A method of the app's own failed, such as one of [Credentials]; the outbox is as it was. */
    public class Host internal constructor(message: String, cause: Throwable? = null) : SatchelException(message, cause, "host")

    /** A fault of Satchel itself, worth a report; the outbox is as it was. */
    public class Internal internal constructor(message: String, cause: Throwable? = null) :
        SatchelException(message, cause, "internal")

    /** An error of a later version; [code] is its name. */
    public class Other internal constructor(code: String, message: String, cause: Throwable? = null) :
        SatchelException(message, cause, code)
}

/** Why a device could not be paired. */
public sealed interface PairingFault {
    /** Its name, the same in all languages. */
    public val code: String

    /** It is no pairing code, or not the whole of one. */
    public data object BadCode : PairingFault {
        override val code: String get() = "bad_code"
    }

    /** The device's or the contributor's name cannot be used. */
    public data object BadName : PairingFault {
        override val code: String get() = "bad_name"
    }

    /** The receiver does not know the code, or it was used already. */
    public data object CodeRefused : PairingFault {
        override val code: String get() = "code_refused"
    }

    /** Too many codes were tried: the receiver takes none for a while. */
    public data object TooManyTries : PairingFault {
        override val code: String get() = "too_many_tries"
    }

    /** The receiver refused. */
    public data object Refused : PairingFault {
        override val code: String get() = "refused"
    }

    /** What answers has another key than the code says: somebody may be in between. */
    public data object OtherKey : PairingFault {
        override val code: String get() = "other_key"
    }

    /** The receiver could not be reached. */
    public data object Unreachable : PairingFault {
        override val code: String get() = "unreachable"
    }

    /** The answer was lost: the code may be used up. */
    public data object AnswerLost : PairingFault {
        override val code: String get() = "answer_lost"
    }

    /** What answers is no Satchel receiver. */
    public data object NotAReceiver : PairingFault {
        override val code: String get() = "not_a_receiver"
    }

    /** A fault of a later version. */
    public data class Other(override val code: String) : PairingFault
}
